import { Fault } from '../../../shared/core/fault.ts'
import { API_VERSION, toEnvelope } from '../../../shared/events/envelope.ts'
import type { Handler, TenantContext } from '../../../shared/http/handler.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { Events } from '../../../shared/store/events.ts'
import { eventDataPlace } from '../../../shared/store/places.ts'
import type { EventRow } from '../../../shared/store/rows/message.ts'
import { POLL_MS, STREAM_HEAD, STREAM_HEADERS, type StreamSource, toServerSentEvent } from '../follow.ts'
import { type OpenStream, openStream } from '../open-stream.ts'
import type { StreamServices } from '../stream-services.ts'
import { LinkSights } from './link-sights.ts'

const PAGE = 50

/**
 * The id of an event is its sequence. The log's `session.qr` says that there is a QR; here it comes with the QR itself,
 * once. Whoever connects while one is on show gets it first, without an id.
 */
export const streamSession =
  (services: StreamServices, begin: (stream: OpenStream) => void): Handler<'streamSession'> =>
  async ({ params, query }, context) => {
    await requireSession(services.tables, context, params.sessionId)
    const lastId = context.header('last-event-id') ?? query.lastEventId ?? null
    const after =
      lastId === null ? await new Events(services.tables, context.scope).tail(params.sessionId) : sequenceOf(lastId)
    const source = followSession(services, context, params.sessionId, after)
    begin(await openStream(services.tables, context, source))
    return {
      status: 200,
      body: null,
      raw: { contentType: 'text/event-stream', content: STREAM_HEAD },
      headers: STREAM_HEADERS,
    }
  }

const sequenceOf = (text: string): number => {
  if (!/^\d{1,12}$/.test(text))
    throw new Fault('invalid_cursor', {
      detail: 'Last-Event-ID is the id of the last event you got.',
      param: 'Last-Event-ID',
    })
  return Number(text)
}

const followSession = (
  { tables, tenantKeys }: StreamServices,
  { scope }: TenantContext,
  sessionId: string,
  after: number,
): StreamSource => {
  const events = new Events(tables, scope)
  const sights = new LinkSights(tables, scope, sessionId)
  let position = after
  let isFirst = true

  const textOf = async (row: EventRow, now: number): Promise<string | null> => {
    const data = await tenantKeys.open(scope, eventDataPlace(row.id), row.data)
    const shown = row.type === 'session.qr' ? await sights.complete(data, now) : data
    return shown === null ? null : toServerSentEvent(String(row.sequence), toEnvelope(row, shown))
  }
  const standing = async (now: number): Promise<string> => {
    const data = await sights.current(now)
    if (data === null) return ''
    return toServerSentEvent(null, {
      type: 'session.qr',
      apiVersion: API_VERSION,
      tenantId: scope.tenantId,
      mode: scope.mode,
      sessionId,
      sequence: null,
      timestamp: new Date(now).toISOString(),
      data,
    })
  }

  return {
    pollMs: POLL_MS,
    next: async (now) => {
      const { rows, hasMore } = await events.readSession(sessionId, { afterSequence: position, limit: PAGE })
      let text = ''
      for (const row of rows) {
        const part = await textOf(row, now)
        if (part === null) return text
        text += part
        position = row.sequence!
      }
      if (isFirst && !hasMore) {
        isFirst = false
        return `${text}${await standing(now)}`
      }
      return text
    },
  }
}
