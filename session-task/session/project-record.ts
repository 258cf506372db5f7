import { presentMessage, presentSession } from '../../shared/contract/present.ts'
import { assertNever } from '../../shared/core/assert-never.ts'
import type { OutboundStatus } from '../../shared/core/message-status.ts'
import { Messages } from '../../shared/store/messages.ts'
import { messageContentPlace } from '../../shared/store/places.ts'
import type { EventRow, Failure } from '../../shared/store/rows/message.ts'
import { type SessionPatch, Sessions } from '../../shared/store/sessions.ts'
import type { FailRecord, SequencedRecord, StateRecord, StatusRecord, UnknownRecord } from '../auth-log/records.ts'
import { CHAT_TIMER } from '../whatsapp/content/read-content.ts'
import { applyOwnAnswer } from './apply-answer.ts'
import type { ContactBook } from './contact-book.ts'
import { eventRow } from './event-row.ts'
import { type InboundProjection, projectInbound } from './project-inbound.ts'
import { projectTimer } from './project-timer.ts'
import type { SessionContext } from './session-context.ts'

/** Writes the rows of one record except its event. @returns the event's row; safe to repeat */
export const projectRecord = async (
  context: SessionContext,
  record: SequencedRecord,
  input: InboundProjection & { epoch: number },
): Promise<EventRow> => {
  switch (record.t) {
    case 'in':
      return record.event?.messageType === CHAT_TIMER
        ? projectTimer(context, record, input)
        : projectInbound(context, record, input)
    case 'status':
      return messageEvent(context, record, record.status, null, input.book)
    case 'fail':
      return messageEvent(context, record, 'failed', record.failure, input.book)
    case 'unknown':
      return messageEvent(context, record, 'unknown', record.failure, input.book)
    case 'state':
      return eventRow(context, record, record.eventType, await projectState(context, record, input.epoch))
    case 'note':
      return eventRow(context, record, record.eventType, record.data)
    default:
      return assertNever(record)
  }
}

const messageEvent = async (
  context: SessionContext,
  record: StatusRecord | FailRecord | UnknownRecord,
  status: OutboundStatus,
  failure: Failure | null,
  book: ContactBook,
): Promise<EventRow> => {
  const { scope, services } = context
  const row = await new Messages(services.tables, scope).advance(record.messageId, { status, at: record.at, failure })
  if (row && record.t === 'status' && (row.to.phone || row.to.lid))
    await book.markChatted(await book.identify({ phone: row.to.phone, lid: row.to.lid }, record.at), record.at)
  // What we said about another message holds as soon as WhatsApp took it.
  if (row && record.t === 'status') await applyOwnAnswer(context, row, record.at)
  // The event says what happened then, whatever the row says by now (a replay meets later states).
  const message = row
    ? {
        ...presentMessage(
          { ...row, status, failure },
          (await services.tenantKeys.open(scope, messageContentPlace(row.id), row.content)) as Record<string, unknown>,
        ),
      }
    : { id: record.messageId, sessionId: context.sessionId, mode: scope.mode, direction: 'outbound', status, failure }
  return eventRow(context, record, `message.${status}`, { message }, record.after)
}

/** META says so only now, after the record; fenced by the epoch of the lease. */
const projectState = async (context: SessionContext, record: StateRecord, epoch: number): Promise<unknown> => {
  const { phone, lid, pushName } = record.facts
  // A QR changes nothing of the session, a limit of new chats nothing but that.
  const patch: SessionPatch =
    record.eventType === 'session.qr'
      ? {}
      : record.facts.restriction !== undefined
        ? { restriction: restrictionOf(record) }
        : {
            status: record.to,
            reason: record.reason ? { ...record.reason } : null,
            ...(phone ? { phone } : {}),
            ...(lid ? { lid } : {}),
            ...(pushName ? { pushName } : {}),
            ...(record.to === 'connected' ? { connectedAt: record.at } : {}),
            ...(record.to === 'loggedOut' ? { loggedOutAt: record.at } : {}),
            ...(record.eventType === 'session.linked'
              ? { link: null, loggedOutAt: null, linkedAt: record.at, restriction: null }
              : {}),
          }
  const { services, scope, sessionId } = context
  const sessions = new Sessions(services.tables, scope)
  if (Object.keys(patch).length > 0 && !(await sessions.writeState(sessionId, epoch, patch)))
    context.log.warn({ status: record.to }, 'the session row was not written: it is gone, or a later owner wrote it')
  const row = await sessions.get(sessionId)
  // The event says what the record says, whatever a later owner made of the row.
  const session = row
    ? presentSession({ ...row, ...patch }, { owner: services.owner })
    : {
        id: sessionId,
        tenantId: scope.tenantId,
        mode: scope.mode,
        status: record.to,
        reason: null,
        phone,
        lid,
        pushName,
      }
  return { session: { ...session, previousStatus: record.from }, ...linkFacts(record) }
}

const restrictionOf = ({ facts }: StateRecord): SessionPatch['restriction'] =>
  facts.restriction ? JSON.parse(facts.restriction) : null

/** When there is a QR or code to fetch, and until when. */
const linkFacts = ({ eventType, facts }: StateRecord) =>
  eventType === 'session.qr'
    ? {
        link: {
          method: facts.method,
          attempt: Number(facts.attempt),
          expiresAt: new Date(Number(facts.expiresAt)).toISOString(),
        },
      }
    : {}
