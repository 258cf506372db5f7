import * as z from 'zod'
import { PutObjectCommand } from '../../shared/aws/s3.ts'
import { emitMetrics } from '../../shared/log/metrics.ts'
import { eventDataPlace } from '../../shared/store/places.ts'
import type { EventRow } from '../../shared/store/rows/message.ts'
import type { InboundRecord, SequencedRecord } from '../auth-log/records.ts'
import { addressOf } from './addresses.ts'
import { eventRow } from './event-row.ts'
import type { SessionContext } from './session-context.ts'

/** A row that was tried alone so often will never stand: its event says so, and the rows behind it go on. */
export const TRIES_MAX = 3

/** Errors that the same row meets again at every try; everything else is weather. */
const PERMANENT = new Set(['ValidationException', 'TypeError', 'RangeError', 'SyntaxError'])

export const isPermanent = (error: unknown): boolean =>
  error instanceof z.ZodError || (error instanceof Error && PERMANENT.has(error.name))

/**
 * The event of a record whose row cannot be written. Its sequence stays, so the session has no gap; an inbound message
 * becomes `message.undecryptable` with reason `unprocessable`, its bytes lie sealed in the auth bucket under `poison/`.
 */
export const projectUnprocessable = async (context: SessionContext, record: SequencedRecord): Promise<EventRow> => {
  const { sessionId, scope, log } = context
  log.error({ sequence: record.sequence, kind: record.t }, 'a row cannot be written, its event says so')
  emitMetrics({ event_unprocessable_count: [1, 'Count'] }, { mode: scope.mode })
  switch (record.t) {
    case 'in': {
      await storeRaw(context, record)
      const event = record.event
      const known = { phone: event?.phone ?? null, lid: event?.lid ?? null }
      const message = {
        id: event?.messageId ?? null,
        sessionId,
        mode: scope.mode,
        direction: 'inbound',
        status: 'received',
        type: 'undecryptable',
        undecryptable: { reason: 'unprocessable' },
        whatsappId: event?.whatsappId ?? null,
        from: event ? addressOf(sessionId, event.senderJid, known) : null,
        chat: event ? addressOf(sessionId, event.chatJid, event.chatJid === event.senderJid ? known : undefined) : null,
        receivedAt: new Date(record.at).toISOString(),
      }
      return eventRow(context, record, 'message.undecryptable', { message, reason: 'unprocessable' })
    }
    case 'state':
      return eventRow(context, record, record.eventType, {
        session: { id: sessionId, mode: scope.mode, status: record.to, previousStatus: record.from },
        reason: 'unprocessable',
      })
    case 'note':
      return eventRow(context, record, record.eventType, record.data)
    default: {
      const status = record.t === 'status' ? record.status : record.t === 'fail' ? 'failed' : 'unknown'
      return eventRow(context, record, `message.${status}`, {
        message: { id: record.messageId, sessionId, mode: scope.mode, direction: 'outbound', status },
        reason: 'unprocessable',
      })
    }
  }
}

const storeRaw = async (
  { services, scope, sessionId }: SessionContext,
  record: InboundRecord & { sequence: number; eventId: string },
): Promise<void> => {
  const raw = Buffer.from(JSON.stringify({ v: 1, plaintext: record.plaintext, stanza: record.stanza }))
  const sealed = await services.tenantKeys.sealRaw(scope, eventDataPlace(record.eventId), raw)
  const place = `${scope.tenantId}-${scope.mode === 'live' ? 'L' : 'T'}/${sessionId}/${record.eventId}`
  await services.logClient.send(
    new PutObjectCommand({ Bucket: services.authBucket, Key: `poison/${place}`, Body: sealed }),
  )
}
