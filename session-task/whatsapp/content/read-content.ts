import { readCard } from './cards.ts'
import type { MessageJson } from './message-json.ts'
import { readMedia } from './read-media.ts'

/** The message that a reaction, an edit, a deletion or a vote is about, as its sender names it. */
export interface TargetKey {
  readonly whatsappId: string
  /** written by the sender of this message itself */
  readonly isSendersOwn: boolean
  /** who wrote it, in a group */
  readonly participant: string | null
}

export interface InboundContent {
  readonly type: string
  /** the type's own part and the options, in the shape that the tenant sees */
  readonly part: Readonly<Record<string, unknown>>
  readonly target?: TargetKey
  readonly vote?: { readonly payload: string; readonly iv: string }
  readonly quotedId?: string
  readonly mentionedJids?: readonly string[]
  /** when the chat's timer was set, if the message says so; epoch milliseconds */
  readonly timerSetAt?: number
  /** more is needed of it later than `part` says: its bytes are kept */
  readonly keepsProto: boolean
}

/** Wrappers around a message: disappearing, view once, a document with a caption, … */
const WRAPPERS = [
  'ephemeralMessage',
  'viewOnceMessage',
  'viewOnceMessageV2',
  'viewOnceMessageV2Extension',
  'documentWithCaptionMessage',
  'editedMessage',
  'associatedChildMessage',
  'lottieStickerMessage',
  'groupStatusMessage',
  'groupStatusMessageV2',
  'botInvokeMessage',
] as const
const VIEW_ONCE: ReadonlySet<string> = new Set(WRAPPERS.filter((name) => name.startsWith('viewOnce')))
/** a hostile sender must not decide how deep we go */
const DEPTH_MAX = 6

/** Not a message: somebody set after how long messages of the chat disappear. */
export const CHAT_TIMER = 'chatTimer'

/** parts of a message that say nothing to the tenant */
const SILENT = new Set([
  'protocolMessage',
  'senderKeyDistributionMessage',
  'fastRatchetKeySenderKeyDistributionMessage',
  'messageContextInfo',
  'deviceSentMessage',
  'keepInChatMessage',
])

const POLLS = [
  'pollCreationMessage',
  'pollCreationMessageV2',
  'pollCreationMessageV3',
  'pollCreationMessageV5',
] as const

const object = (value: unknown): MessageJson | null =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as MessageJson) : null
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
const number = (value: unknown): number | null =>
  value === null || value === undefined || value === '' || !Number.isFinite(Number(value)) ? null : Number(value)

/** What is inside of the wrappers. */
const unwrap = (message: MessageJson): { readonly message: MessageJson; readonly viewOnce: boolean } => {
  let inner = message
  let viewOnce = false
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    const name = WRAPPERS.find((wrapper) => object(object(inner[wrapper])?.message))
    if (!name) break
    viewOnce ||= VIEW_ONCE.has(name)
    inner = object(object(inner[name])?.message) ?? {}
  }
  return { message: inner, viewOnce }
}

const targetOf = (key: unknown): TargetKey | null => {
  const { id, fromMe, participant } = object(key) ?? {}
  return typeof id === 'string' && id !== ''
    ? { whatsappId: id, isSendersOwn: fromMe === true, participant: text(participant) }
    : null
}

/** Options that any message may have, from the context of what carries its content. */
const optionsOf = (
  context: MessageJson | null,
): Pick<InboundContent, 'part' | 'quotedId' | 'mentionedJids' | 'timerSetAt'> => {
  const quotedId = text(context?.stanzaId)
  const mentioned = Array.isArray(context?.mentionedJid)
    ? context.mentionedJid.filter((jid): jid is string => typeof jid === 'string')
    : []
  const disappearing = number(context?.expiration)
  const timerSetAt = disappearing ? setAtOf(context?.ephemeralSettingTimestamp) : {}
  return {
    part: {
      ...(context?.isForwarded === true ? { forwarded: true } : {}),
      ...(Number(context?.nonJidMentions) > 0 ? { mentionsEveryone: true } : {}),
      ...(disappearing ? { disappearingSeconds: disappearing } : {}),
    },
    ...(quotedId ? { quotedId } : {}),
    ...(mentioned.length > 0 ? { mentionedJids: mentioned } : {}),
    ...timerSetAt,
  }
}

const setAtOf = (seconds: unknown): { timerSetAt?: number } => {
  const value = number(seconds)
  return value ? { timerSetAt: value * 1_000 } : {}
}

/** What the tenant gets to see of a decrypted message; null when it is WhatsApp's own housekeeping. */
export const readContent = (outer: MessageJson): InboundContent | null => {
  const { message, viewOnce } = unwrap(outer)
  const protocol = object(message.protocolMessage)
  if (protocol) return readProtocol(protocol)
  const carrier = Object.keys(message).find((name) => object(message[name]) && !SILENT.has(name))
  const context = carrier ? object(object(message[carrier])?.contextInfo) : null
  const options = optionsOf(context)
  const own = readOwnPart(message, viewOnce)
  if (own) return { ...options, ...own, part: { ...own.part, ...options.part } }
  const kind = Object.keys(message).find((name) => message[name] != null && !SILENT.has(name))
  if (!kind || kind === 'conversation') return null
  return { ...options, type: 'unsupported', part: { unsupported: { kind }, ...options.part }, keepsProto: true }
}

type OwnPart = Pick<InboundContent, 'type' | 'part' | 'keepsProto' | 'target' | 'vote'>

const readOwnPart = (message: MessageJson, viewOnce: boolean): OwnPart | null =>
  readText(message) ??
  readMedia(message, viewOnce) ??
  readLocation(object(message.locationMessage) ?? object(message.liveLocationMessage)) ??
  readContacts(message) ??
  readPoll(message) ??
  readReaction(object(message.reactionMessage)) ??
  readVote(object(message.pollUpdateMessage))

const readText = (message: MessageJson): OwnPart | null => {
  const extended = object(message.extendedTextMessage)
  const body = text(message.conversation) ?? text(extended?.text)
  if (body === null) return null
  const url = text(extended?.matchedText)
  const title = text(extended?.title)
  const linkPreview = url &&
    title && {
      url,
      title,
      ...(text(extended?.description) ? { description: text(extended?.description) } : {}),
      ...(text(extended?.jpegThumbnail) ? { thumbnail: text(extended?.jpegThumbnail) } : {}),
    }
  return { type: 'text', part: { text: { body, ...(linkPreview ? { linkPreview } : {}) } }, keepsProto: false }
}

const readLocation = (location: MessageJson | null): OwnPart | null =>
  location && {
    type: 'location',
    part: {
      location: {
        latitude: number(location.degreesLatitude) ?? 0,
        longitude: number(location.degreesLongitude) ?? 0,
        name: text(location.name),
        address: text(location.address),
      },
    },
    keepsProto: true,
  }

const readContacts = (message: MessageJson): OwnPart | null => {
  const one = object(message.contactMessage)
  const many = object(message.contactsArrayMessage)?.contacts
  const cards = one ? [one] : Array.isArray(many) ? many.map(object).filter((card) => card !== null) : null
  if (!cards || cards.length === 0) return null
  const contacts = cards.map((card) => readCard(text(card.displayName), text(card.vcard) ?? ''))
  return { type: 'contacts', part: { contacts }, keepsProto: true }
}

const readPoll = (message: MessageJson): OwnPart | null => {
  const poll = POLLS.map((name) => object(message[name])).find((found) => found !== null)
  if (!poll) return null
  const options = (Array.isArray(poll.options) ? poll.options : []).map(
    (option) => text(object(option)?.optionName) ?? '',
  )
  const selectableCount = number(poll.selectableOptionsCount) ?? 0
  return {
    type: 'poll',
    part: { poll: { name: text(poll.name) ?? '', options, selectableCount } },
    keepsProto: true,
  }
}

const readReaction = (reaction: MessageJson | null): OwnPart | null => {
  const target = targetOf(reaction?.key)
  if (!reaction || !target) return null
  const { whatsappId } = target
  return { type: 'reaction', part: { reaction: { whatsappId, emoji: text(reaction.text) } }, target, keepsProto: false }
}

const readVote = (update: MessageJson | null): OwnPart | null => {
  const target = targetOf(update?.pollCreationMessageKey)
  const vote = object(update?.vote)
  if (!update || !target || typeof vote?.encPayload !== 'string' || typeof vote.encIv !== 'string') return null
  return {
    type: 'pollVote',
    part: { pollVote: { whatsappId: target.whatsappId, options: null } },
    target,
    vote: { payload: vote.encPayload, iv: vote.encIv },
    keepsProto: false,
  }
}

/** Edits, deletions, the chat's timer; everything else of this kind is between the devices. */
const readProtocol = (protocol: MessageJson): InboundContent | null => {
  if (protocol.type === 'EPHEMERAL_SETTING')
    return {
      type: CHAT_TIMER,
      part: { disappearingSeconds: number(protocol.ephemeralExpiration) ?? 0 },
      ...setAtOf(protocol.ephemeralSettingTimestamp),
      keepsProto: false,
    }
  const target = targetOf(protocol.key)
  if (!target) return null
  const { whatsappId } = target
  if (protocol.type === 'REVOKE') return { type: 'delete', part: { delete: { whatsappId } }, target, keepsProto: false }
  const edited = protocol.type === 'MESSAGE_EDIT' ? object(protocol.editedMessage) : null
  if (!edited) return null
  const content = readContent(edited)
  const body = bodyOf(content)
  return body === null
    ? null
    : { type: 'edit', part: { edit: { whatsappId, text: { body } } }, target, keepsProto: false }
}

/** The text of a message or the caption of its file. */
const bodyOf = (content: InboundContent | null): string | null => {
  const part = object(content?.part[content.type])
  return text(part?.body) ?? text(part?.caption)
}
