import { Fault } from '../../../shared/core/fault.ts'
import { API_VERSION, toEnvelope } from '../../../shared/events/envelope.ts'
import type { Handler, TenantContext } from '../../../shared/http/handler.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { Events } from '../../../shared/store/events.ts'
import { eventDataPlace } from '../../../shared/store/places.ts'
import { Sessions } from '../../../shared/store/sessions.ts'
import { POLL_MS, STREAM_HEAD, STREAM_HEADERS, type StreamSource, toServerSentEvent } from '../follow.ts'
import type { StreamServices } from '../handlers.ts'

const PAGE = 50

/** The id of an event is its sequence. The QR is shown and forgotten: no id, and the current one comes first again. */
export const streamSession =
  (services: StreamServices, begin: (source: StreamSource) => void): Handler<'streamSession'> =>
  async ({ params, query }, context) => {
    await requireSession(services.tables, context, params.sessionId)
    const lastId = context.header('last-event-id') ?? query.lastEventId ?? null
    const after =
      lastId === null ? await new Events(services.tables, context.scope).tail(params.sessionId) : sequenceOf(lastId)
    begin(followSession(services, context, params.sessionId, after))
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
  let position = after
  let shownQr: string | null = null
  const readQr = async (now: number): Promise<string> => {
    const sight = await new Sessions(tables, scope).getLinkSight(sessionId, now)
    if (!sight?.qr || sight.qr === shownQr) return ''
    shownQr = sight.qr
    return toServerSentEvent(null, {
      type: 'session.qr',
      apiVersion: API_VERSION,
      tenantId: scope.tenantId,
      mode: scope.mode,
      sessionId,
      sequence: null,
      timestamp: new Date(now).toISOString(),
      data: { qr: sight.qr, expiresAt: new Date(sight.expiresAt).toISOString(), attempt: sight.attempt },
    })
  }
  return {
    pollMs: POLL_MS,
    next: async (now) => {
      const { rows } = await events.readSession(sessionId, { afterSequence: position, limit: PAGE })
      const texts = await Promise.all(
        rows.map(async (row) =>
          toServerSentEvent(
            String(row.sequence),
            toEnvelope(row, await tenantKeys.open(scope, eventDataPlace(row.id), row.data)),
          ),
        ),
      )
      position = rows.at(-1)?.sequence ?? position
      return `${await readQr(now)}${texts.join('')}`
    },
  }
}
