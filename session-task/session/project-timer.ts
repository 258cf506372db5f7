import type { EventRow } from '../../shared/store/rows/message.ts'
import type { InboundEvent, InboundRecord, Sequenced } from '../auth-log/records.ts'
import { CHAT_TIMER } from '../whatsapp/content/read-content.ts'
import { addressOf, lidOfJid, phoneOfJid } from './addresses.ts'
import type { ContactBook } from './contact-book.ts'
import { eventRow } from './event-row.ts'
import type { SessionContext } from './session-context.ts'

const SECOND_MS = 1_000
const YEAR_SECONDS = 366 * 24 * 3_600

/** A timer that WhatsApp's clients could have set; null: what was said is none. */
const secondsOf = (event: InboundEvent): number | null => {
  const { disappearingSeconds } = event.content
  return typeof disappearingSeconds === 'number' &&
    Number.isInteger(disappearingSeconds) &&
    disappearingSeconds >= 0 &&
    disappearingSeconds <= YEAR_SECONDS
    ? disappearingSeconds
    : null
}

/**
 * Keeps the timer of a chat of two with its contact: every message says it, and a message without one says nothing. A
 * group's timer stands in its metadata.
 */
export const keepTimer = async (book: ContactBook, event: InboundEvent, at: number): Promise<void> => {
  const seconds = secondsOf(event)
  const [phone, lid] = [phoneOfJid(event.chatJid), lidOfJid(event.chatJid)]
  if (seconds === null || (!phone && !lid)) return
  const isTheirs = event.chatJid === event.senderJid
  const seen = isTheirs ? { phone: event.phone, lid: event.lid } : { phone, lid }
  // A message that does not say when tells what held a moment before: a setting of the same second wins.
  const heardAt = event.messageType === CHAT_TIMER ? event.sentAt : event.sentAt - SECOND_MS
  await book.noteTimer(await book.identify(seen, at), { seconds, setAt: event.timerSetAt ?? heardAt })
}

/** Somebody set the timer of a chat: kept for what we send there, and told. */
export const projectTimer = async (
  context: SessionContext,
  record: InboundRecord & Sequenced,
  { book }: { readonly book: ContactBook },
): Promise<EventRow> => {
  const { event } = record
  if (!event) throw new Error('a sequenced inbound record has no event')
  await keepTimer(book, event, record.at)
  const known = { phone: event.phone, lid: event.lid }
  const by = await book.addressOf(event.senderJid, known)
  const chat =
    event.chatJid === event.senderJid
      ? by
      : await book.addressOf(event.chatJid, { phone: phoneOfJid(event.chatJid), lid: lidOfJid(event.chatJid) })
  return eventRow(context, record, 'chat.updated', {
    chat: chat.kind === 'user' ? chat : addressOf(context.sessionId, event.chatJid),
    by,
    disappearingSeconds: secondsOf(event) ?? 0,
    at: new Date(event.sentAt).toISOString(),
  })
}
