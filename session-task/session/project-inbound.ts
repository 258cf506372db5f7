import { presentMessage } from '../../shared/contract/present.ts'
import { MessageAnswers } from '../../shared/store/message-answers.ts'
import { Messages } from '../../shared/store/messages.ts'
import { messageContentPlace, messageProtoPlace } from '../../shared/store/places.ts'
import type { Address, EventRow, MessageRow } from '../../shared/store/rows/message.ts'
import type { InboundEvent, InboundRecord, Sequenced } from '../auth-log/records.ts'
import { addressOf } from './addresses.ts'
import { applyAnswer } from './apply-answer.ts'
import type { ContactBook } from './contact-book.ts'
import { eventRow } from './event-row.ts'
import { findMessage, nameOf } from './message-references.ts'
import { openBallot } from './open-ballot.ts'
import { keepTimer } from './project-timer.ts'
import { announceMedia } from './received-media.ts'
import type { SessionContext } from './session-context.ts'

/** With more the row would not fit into DynamoDB beside its content. */
const PROTO_BYTES_MAX = 150 * 1024
/** people named in a message that become contacts; the others are shown by their jid */
const MENTIONS_MET = 50

export interface InboundProjection {
  readonly own: Address
  readonly book: ContactBook
  readonly outboundIdOf: (whatsappId: string) => string | undefined
}

/** Rows of a message that came in, and what it changes on the message it is about. */
export const projectInbound = async (
  context: SessionContext,
  record: InboundRecord & Sequenced,
  input: InboundProjection,
): Promise<EventRow> => {
  const event = record.event
  if (!event) throw new Error('a sequenced inbound record has no event')
  const { scope, sessionId, services } = context
  const { own, book } = input
  const known = { phone: event.phone, lid: event.lid }
  const from = await identified(book, addressOf(sessionId, event.senderJid, known), record.at)
  const chat = event.chatJid === event.senderJid ? from : addressOf(sessionId, event.chatJid)
  if (event.content.disappearingSeconds) await keepTimer(book, event, record.at)
  const content = await resolveContent(context, event, { ...input, from, chat, at: record.at })
  const row: MessageRow = {
    v: 1,
    tenantId: scope.tenantId,
    mode: scope.mode,
    id: event.messageId,
    sessionId,
    direction: 'inbound',
    type: event.messageType,
    status: 'received',
    chat,
    from,
    to: chat.kind === 'user' ? own : chat,
    content: await services.tenantKeys.seal(scope, messageContentPlace(event.messageId), content),
    metadata: {},
    whatsappId: event.whatsappId,
    requestHash: null,
    failure: null,
    createdAt: record.at,
    expiresAt: null,
    sentAt: event.sentAt,
    deliveredAt: null,
    readAt: null,
    receivedAt: record.at,
    delayedUntil: null,
    retry: 'standard',
    epoch: 0,
    claimToken: null,
    attempts: 0,
    openKey: null,
  }
  const bytes = event.keepsProto ? Buffer.from(record.plaintext, 'base64') : null
  const proto =
    bytes && bytes.length <= PROTO_BYTES_MAX
      ? await services.tenantKeys.sealRaw(scope, messageProtoPlace(event.messageId), bytes)
      : undefined
  await new Messages(services.tables, scope).putInbound({ ...row, ...(proto ? { proto } : {}) })
  const answers = new MessageAnswers(services.tables, scope, sessionId)
  if (event.messageType !== 'undecryptable')
    await answers.putReference(event.whatsappId, { v: 1, messageId: row.id, author: nameOf(from), chat: nameOf(chat) })
  const changed = await applyAnswer(context, {
    type: event.messageType,
    content,
    from,
    who: nameOf(from),
    at: record.at,
  })
  const message = { ...presentMessage(row, withPendingFile(event.messageType, content)), pushName: event.pushName }
  const { reason } = (event.content.undecryptable ?? {}) as { reason?: string }
  return eventRow(context, record, event.type, { message, ...changed, ...(reason ? { reason } : {}) })
}

/** A file is never there yet when its message is told: `media.stored` follows. */
const withPendingFile = (type: string, content: Record<string, unknown>): Record<string, unknown> => {
  const part = content[type] as { mediaId?: string } | undefined
  return part?.mediaId ? { ...content, [type]: { ...part, status: 'pending' } } : content
}

/** The address of a sender with the contact behind it: its id after merges, and the other address when it is known. */
const identified = async (book: ContactBook, address: Address, at: number): Promise<Address> => {
  if (address.kind !== 'user') return address
  const contact = await book.identify({ phone: address.phone, lid: address.lid }, at)
  await book.markChatted(contact, at)
  const { contactId, phone, lid } = contact
  return { ...address, contactId, phone: address.phone ?? phone, lid: address.lid ?? lid }
}

type Whereabouts = InboundProjection & { readonly from: Address; readonly chat: Address; readonly at: number }

/** What the record could only name by WhatsApp's words, with our ids and people. */
const resolveContent = async (
  context: SessionContext,
  event: InboundEvent,
  where: Whereabouts,
): Promise<Record<string, unknown>> => {
  const { target, quotedId, mentionedJids } = event
  const content: Record<string, unknown> = { ...event.content }
  const own = (content[event.messageType] ?? {}) as Record<string, unknown>
  const file = await announceMedia(context, { id: event.messageId, type: event.messageType, at: where.at }, own)
  if (file) content[event.messageType] = file
  if (quotedId) {
    const quoted = { whatsappId: quotedId, chat: where.chat, by: null }
    content.replyTo = {
      messageId: await findMessage(context, quoted, where.outboundIdOf),
      whatsappId: quotedId,
    }
  }
  if (mentionedJids?.length) content.mentions = await mentionsOf(context, mentionedJids, where)
  if (target) {
    // Nobody edits what another one wrote, and only in a group somebody else may delete it.
    const isOwnMeant =
      target.isSendersOwn ||
      event.messageType === 'edit' ||
      (event.messageType === 'delete' && where.chat.kind !== 'group')
    const wanted = { whatsappId: target.whatsappId, chat: where.chat, by: isOwnMeant ? where.from : null }
    const messageId = await findMessage(context, wanted, where.outboundIdOf)
    const part = (content[event.messageType] ?? {}) as Record<string, unknown>
    content[event.messageType] = { ...part, messageId }
    if (event.vote && messageId) {
      const options = await openBallot(context, { messageId, vote: event.vote, voter: where.from, own: where.own })
      content[event.messageType] = { ...part, messageId, options }
    }
  }
  return content
}

const mentionsOf = async (
  { sessionId }: SessionContext,
  jids: readonly string[],
  { book, at }: Whereabouts,
): Promise<Address[]> =>
  Promise.all(
    jids.map(async (jid, index) => {
      const address = addressOf(sessionId, jid)
      if (address.kind !== 'user' || index >= MENTIONS_MET) return address
      const { contactId, phone, lid } = await book.identify({ phone: address.phone, lid: address.lid }, at)
      return { ...address, contactId, phone, lid }
    }),
  )
