import { randomBytes } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import { assertNever } from '../../../shared/core/assert-never.ts'
import { writeCard } from './cards.ts'
import type { MediaFields, MessageName, OutboundBody, OutboundContext, QuotedMessage } from './outbound-content.ts'

const SECRET_BYTES = 32
const FORWARDED_ONCE = 1
const { MESSAGE_EDIT, REVOKE } = proto.Message.ProtocolMessage.Type

/**
 * The bytes of a message, once: the secret that votes and reports are sealed with and the times in it are part of them,
 * so a re-send of the same bytes is the same message.
 */
export const encodeContent = (body: OutboundBody, context: OutboundContext = {}): Uint8Array =>
  proto.Message.encode(messageOf(body, contextOf(context))).finish()

const messageOf = (body: OutboundBody, contextInfo: proto.IContextInfo | undefined): proto.IMessage => {
  const withContext = contextInfo ? { contextInfo } : {}
  const secret = { messageContextInfo: { messageSecret: randomBytes(SECRET_BYTES) } }
  switch (body.type) {
    case 'text':
      return { extendedTextMessage: { ...textOf(body.text), ...withContext }, ...secret }
    case 'location': {
      const { latitude, longitude, name, address } = body.location
      const place = { ...(name ? { name } : {}), ...(address ? { address } : {}) }
      return {
        locationMessage: { degreesLatitude: latitude, degreesLongitude: longitude, ...place, ...withContext },
        ...secret,
      }
    }
    case 'contacts': {
      const cards = body.contacts.map((card) => ({ displayName: card.name, vcard: writeCard(card) }))
      const [first] = cards
      return cards.length === 1
        ? { contactMessage: { ...first, ...withContext }, ...secret }
        : {
            contactsArrayMessage: { displayName: `${cards.length} contacts`, contacts: cards, ...withContext },
            ...secret,
          }
    }
    case 'poll': {
      const { name, options, selectableCount } = body.poll
      const poll = {
        name,
        options: options.map((optionName) => ({ optionName })),
        selectableOptionsCount: selectableCount,
        ...withContext,
      }
      // WhatsApp's clients use the third version for polls with one choice
      return { ...(selectableCount === 1 ? { pollCreationMessageV3: poll } : { pollCreationMessage: poll }), ...secret }
    }
    case 'reaction':
      return {
        reactionMessage: { key: keyOf(body.target), text: body.emoji ?? '', senderTimestampMs: body.at },
      }
    case 'edit':
      return {
        protocolMessage: {
          key: keyOf(body.target),
          type: MESSAGE_EDIT,
          editedMessage: { extendedTextMessage: { text: body.body } },
          timestampMs: body.at,
        },
      }
    case 'delete':
      return { protocolMessage: { key: keyOf(body.target), type: REVOKE } }
    case 'image':
    case 'video':
    case 'audio':
    case 'voice':
    case 'document':
    case 'sticker':
      return { ...mediaMessage(body, withContext), ...secret }
    default:
      return assertNever(body)
  }
}

type MediaBody = Extract<OutboundBody, { readonly file: unknown }>

const mediaMessage = (
  { type, media, file }: MediaBody,
  context: { contextInfo?: proto.IContextInfo },
): proto.IMessage => {
  const common = { ...file, ...definedOf(media), ...context }
  const once = (message: proto.IMessage): proto.IMessage =>
    media.viewOnce ? { viewOnceMessageV2: { message } } : message
  switch (type) {
    case 'image':
      return once({ imageMessage: common })
    case 'video':
      return once({ videoMessage: { ...common, ...(media.gif ? { gifPlayback: true } : {}) } })
    case 'audio':
      return { audioMessage: common }
    case 'voice': {
      const waveform = media.waveform ? { waveform: Uint8Array.from(media.waveform) } : {}
      return once({ audioMessage: { ...common, ptt: true, ...waveform } })
    }
    case 'document': {
      const fileName = media.fileName ?? 'file'
      const document = { documentMessage: { ...common, fileName, title: fileName } }
      // Phones show the caption of a document only in this wrapper.
      return media.caption ? { documentWithCaptionMessage: { message: document } } : document
    }
    case 'sticker':
      return { stickerMessage: { ...common, ...(media.animated ? { isAnimated: true } : {}) } }
    default:
      return assertNever(type)
  }
}

const definedOf = (media: MediaFields) => {
  const fields = {
    mimetype: media.mimetype,
    caption: media.caption || null,
    seconds: media.seconds ? Math.round(media.seconds) : null,
    width: media.width ?? null,
    height: media.height ?? null,
    pageCount: media.pageCount ?? null,
    viewOnce: media.viewOnce || null,
    jpegThumbnail: media.thumbnail ? Buffer.from(media.thumbnail, 'base64') : null,
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Partial<typeof fields>
}

const textOf = ({ body, linkPreview }: Extract<OutboundBody, { type: 'text' }>['text']) => ({
  text: body,
  ...(linkPreview
    ? {
        matchedText: linkPreview.url,
        title: linkPreview.title,
        previewType: proto.Message.ExtendedTextMessage.PreviewType.NONE,
        ...(linkPreview.description ? { description: linkPreview.description } : {}),
        ...(linkPreview.thumbnail ? { jpegThumbnail: Buffer.from(linkPreview.thumbnail, 'base64') } : {}),
      }
    : {}),
})

const keyOf = ({ chatJid, whatsappId, isOwn, participantJid }: MessageName): proto.IMessageKey => ({
  remoteJid: chatJid,
  fromMe: isOwn,
  id: whatsappId,
  ...(participantJid ? { participant: participantJid } : {}),
})

const contextOf = (context: OutboundContext): proto.IContextInfo | undefined => {
  const { quoted, mentionedJids = [], mentionsEveryone, forwarded, disappearingSeconds } = context
  const info: proto.IContextInfo = {
    ...(quoted ? quoteOf(quoted) : {}),
    ...(mentionedJids.length > 0 ? { mentionedJid: [...mentionedJids] } : {}),
    ...(mentionsEveryone ? { nonJidMentions: 1 } : {}),
    ...(forwarded ? { isForwarded: true, forwardingScore: FORWARDED_ONCE } : {}),
    ...(disappearingSeconds ? { expiration: disappearingSeconds } : {}),
  }
  return Object.keys(info).length > 0 ? info : undefined
}

const quoteOf = ({ whatsappId, authorJid, chatJid, proto: bytes, text }: QuotedMessage): proto.IContextInfo => ({
  stanzaId: whatsappId,
  participant: authorJid,
  ...(chatJid ? { remoteJid: chatJid } : {}),
  ...(bytes ? { quotedMessage: withoutContext(proto.Message.decode(bytes)) } : {}),
  ...(!bytes && text ? { quotedMessage: { conversation: text } } : {}),
})

/** A quote carries neither the quotes of its message nor its secret. */
const withoutContext = (message: proto.Message): proto.IMessage => {
  const { messageContextInfo: _secret, ...parts } = message as proto.IMessage
  for (const part of Object.values(parts)) {
    if (part && typeof part === 'object' && 'contextInfo' in part)
      delete (part as { contextInfo?: unknown }).contextInfo
  }
  return parts
}
