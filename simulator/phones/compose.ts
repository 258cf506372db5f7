import { randomBytes } from 'node:crypto'
import { Problem } from '../problem.ts'
import type { Phone } from '../store/phones.ts'
import { proto } from '../wire/codec.ts'
import { isMany, lidJid, phoneJid } from '../wire/jid.ts'
import type { World } from '../world.ts'
import { decodeMessage } from './content.ts'
import { keyOf, requireMessage } from './known-messages.ts'
import { uploadFile } from './media.ts'
import { sealVote } from './poll.ts'
import { pollOf } from './poll-votes.ts'
import { unwrap } from './stanza-shape.ts'

export type MediaDraft = {
  kind: 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker'
  bytes: Buffer
  mimetype?: string | undefined
  caption?: string | undefined
  fileName?: string | undefined
  seconds?: number | undefined
  viewOnce?: boolean | undefined
}

/** What a contact is to say: exactly one kind, with what it quotes or whom it mentions. */
export type Draft =
  | { kind: 'text'; text: string; quote?: string | undefined; mentions?: string[] | undefined }
  | { kind: 'media'; media: MediaDraft }
  | { kind: 'location'; latitude: number; longitude: number; name?: string | undefined; address?: string | undefined }
  | { kind: 'contacts'; contacts: { name: string; phone: string }[] }
  | { kind: 'poll'; name: string; options: string[]; selectable: number }
  | { kind: 'vote'; pollId: string; options: string[] }
  | { kind: 'reaction'; messageId: string; emoji: string }
  | { kind: 'edit'; messageId: string; text: string }
  | { kind: 'revoke'; messageId: string }
  | { kind: 'raw'; message: Record<string, unknown> }

/** Where it goes: the other phone's address or a group's, as `from` sees it. */
export type Chat = { jid: string; addressing: 'pn' | 'lid' }

/** The protobuf of a draft. Throws a Problem when it speaks of a message `from` does not know. */
export function compose(world: World, from: Phone, chat: Chat, draft: Draft): Buffer {
  return Buffer.from(proto.Message.encode(messageOf(world, from, chat, draft)).finish())
}

function messageOf(world: World, from: Phone, chat: Chat, draft: Draft): proto.IMessage {
  const known = (id: string) => keyOf(world, from, chat.jid, requireMessage(world, from, id))
  const { MESSAGE_EDIT, REVOKE } = proto.Message.ProtocolMessage.Type
  switch (draft.kind) {
    case 'text':
      return textMessage(world, from, chat, draft)
    case 'media':
      return mediaMessage(world, from, draft.media)
    case 'location': {
      const { latitude, longitude, name = null, address = null } = draft
      return { locationMessage: { degreesLatitude: latitude, degreesLongitude: longitude, name, address } }
    }
    case 'contacts':
      return contactMessage(draft.contacts)
    case 'poll': {
      const { name, options, selectable } = draft
      const poll = {
        name,
        options: options.map((optionName) => ({ optionName })),
        selectableOptionsCount: selectable,
      }
      const messageContextInfo = { messageSecret: randomBytes(32) }
      return {
        messageContextInfo,
        ...(selectable === 1 ? { pollCreationMessageV3: poll } : { pollCreationMessage: poll }),
      }
    }
    case 'vote':
      return voteMessage(world, from, chat, draft)
    case 'reaction':
      return { reactionMessage: { key: known(draft.messageId), text: draft.emoji, senderTimestampMs: Date.now() } }
    case 'edit': {
      const editedMessage = { conversation: draft.text }
      const timestampMs = Date.now()
      return { protocolMessage: { key: known(draft.messageId), type: MESSAGE_EDIT, editedMessage, timestampMs } }
    }
    case 'revoke':
      return { protocolMessage: { key: known(draft.messageId), type: REVOKE } }
    case 'raw':
      return proto.Message.fromObject(draft.message)
  }
}

function textMessage(
  world: World,
  from: Phone,
  chat: Chat,
  { text, quote, mentions = [] }: Draft & { kind: 'text' },
): proto.IMessage {
  if (quote === undefined && mentions.length === 0) return { conversation: text }
  const mentionedJid = mentions.map((phone) => phoneJid(phone))
  if (quote === undefined) return { extendedTextMessage: { text, contextInfo: { mentionedJid } } }
  const quoted = requireMessage(world, from, quote)
  const participant = keyOf(world, from, chat.jid, quoted).participant ?? phoneJid(quoted.author.phone)
  const quotedMessage = unwrap(decodeMessage(quoted.plaintext))
  return { extendedTextMessage: { text, contextInfo: { stanzaId: quote, participant, quotedMessage, mentionedJid } } }
}

const MIMETYPES = {
  image: 'image/jpeg',
  video: 'video/mp4',
  audio: 'audio/mp4',
  voice: 'audio/ogg; codecs=opus',
  document: 'application/octet-stream',
  sticker: 'image/webp',
}

function mediaMessage(world: World, from: Phone, media: MediaDraft): proto.IMessage {
  const { kind, bytes, caption = null, fileName = null, seconds = null, viewOnce = false } = media
  const file = uploadFile(world, from, kind === 'voice' ? 'audio' : kind, bytes)
  const common = { ...file, mimetype: media.mimetype ?? MIMETYPES[kind], ...(viewOnce ? { viewOnce } : {}) }
  const once = (message: proto.IMessage) => (viewOnce ? { viewOnceMessageV2: { message } } : message)
  switch (kind) {
    case 'image':
      return once({ imageMessage: { ...common, caption } })
    case 'video':
      return once({ videoMessage: { ...common, caption, seconds } })
    case 'audio':
    case 'voice':
      return once({ audioMessage: { ...common, seconds, ptt: kind === 'voice' } })
    case 'document':
      return { documentMessage: { ...common, caption, fileName, title: fileName } }
    case 'sticker':
      return { stickerMessage: common }
  }
}

function contactMessage(contacts: { name: string; phone: string }[]): proto.IMessage {
  const cards = contacts.map(({ name, phone }) => ({
    displayName: name,
    vcard: `BEGIN:VCARD\nVERSION:3.0\nFN:${name}\nTEL;type=CELL;waid=${phone}:+${phone}\nEND:VCARD`,
  }))
  const [first] = cards
  if (cards.length === 1 && first) return { contactMessage: first }
  return { contactsArrayMessage: { displayName: `${cards.length} contacts`, contacts: cards } }
}

function voteMessage(
  world: World,
  from: Phone,
  chat: Chat,
  { pollId, options }: Draft & { kind: 'vote' },
): proto.IMessage {
  const message = requireMessage(world, from, pollId)
  const poll = pollOf(message.plaintext)
  if (!poll) throw new Problem(400, 'not_a_poll', `Message ${pollId} is no poll with a secret.`)
  const unknown = options.find((option) => !poll.options.includes(option))
  if (unknown !== undefined) throw new Problem(400, 'unknown_option', `The poll has no option "${unknown}".`)
  const addressing = isMany(chat.jid) ? chat.addressing : from.addressing
  const address = ({ phone, lid }: Phone) => (addressing === 'lid' ? lidJid(lid) : phoneJid(phone))
  const ballot = { pollId, creatorJid: address(message.author), voterJid: address(from), secret: poll.secret }
  const pollCreationMessageKey = keyOf(world, from, chat.jid, message)
  return {
    pollUpdateMessage: { pollCreationMessageKey, vote: sealVote(ballot, options), senderTimestampMs: Date.now() },
  }
}
