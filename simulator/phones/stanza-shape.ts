import { proto } from '../wire/codec.ts'
import { decodeMessage } from './content.ts'

/** What a client says about a message outside its encrypted part. */
export type StanzaShape = { type: string; mediaType?: string; edit?: string }

const MEDIA: Record<string, string> = {
  imageMessage: 'image',
  videoMessage: 'video',
  ptvMessage: 'ptv',
  audioMessage: 'audio',
  documentMessage: 'document',
  stickerMessage: 'sticker',
  contactMessage: 'vcard',
  contactsArrayMessage: 'contact_array',
  locationMessage: 'location',
}
const POLLS = ['pollCreationMessage', 'pollCreationMessageV2', 'pollCreationMessageV3', 'pollUpdateMessage']

export function shapeOf(plaintext: Uint8Array): StanzaShape {
  const message = unwrap(decodeMessage(plaintext))
  const fields = Object.keys(message)
  const { MESSAGE_EDIT, REVOKE } = proto.Message.ProtocolMessage.Type
  const protocol = message.protocolMessage?.type
  if (protocol === MESSAGE_EDIT) return { type: 'text', edit: '1' }
  if (protocol === REVOKE && message.protocolMessage?.key) return { type: 'text', edit: '7' }
  if (message.reactionMessage) return { type: 'reaction' }
  if (POLLS.some((field) => fields.includes(field))) return { type: 'poll' }
  const carrier = fields.find((field) => field in MEDIA)
  if (!carrier) return { type: 'text' }
  return { type: 'media', mediaType: message.audioMessage?.ptt ? 'ptt' : MEDIA[carrier]! }
}

/** The message inside the wrappers that say how it is to be shown. */
export function unwrap(message: proto.IMessage): proto.IMessage {
  const wrapper =
    message.deviceSentMessage ??
    message.viewOnceMessage ??
    message.viewOnceMessageV2 ??
    message.viewOnceMessageV2Extension ??
    message.ephemeralMessage ??
    message.documentWithCaptionMessage ??
    message.editedMessage
  return wrapper?.message ? unwrap({ ...wrapper.message }) : message
}
