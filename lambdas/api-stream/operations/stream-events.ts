import { Fault } from '../../../shared/core/fault.ts'
import { toEnvelope } from '../../../shared/events/envelope.ts'
import { decodeVector, type EventVector, encodeVector } from '../../../shared/events/event-cursor.ts'
import { readTenantEvents, tailOfTenant } from '../../../shared/events/read-tenant-events.ts'
import type { Handler, TenantContext } from '../../../shared/http/handler.ts'
import { eventDataPlace } from '../../../shared/store/places.ts'
import { POLL_MS, STREAM_HEAD, STREAM_HEADERS, type StreamSource, toServerSentEvent } from '../follow.ts'
import { type OpenStream, openStream } from '../open-stream.ts'
import type { StreamServices } from '../stream-services.ts'

const PAGE = 50
/** One look reads every session: many sessions make it rarer. */
const SESSIONS_PER_SECOND = 20

/** The id of an event is the tenant-wide position after it: the same vector as the cursor of GET /v1/events. */
export const streamEvents =
  (services: StreamServices, begin: (stream: OpenStream) => void): Handler<'streamEvents'> =>
  async ({ query }, context) => {
    const lastId = context.header('last-event-id') ?? query.lastEventId ?? null
    const start =
      lastId === null ? await tailOfTenant(services.tables, context.scope, context.now) : positionOf(context, lastId)
    begin(await openStream(services.tables, context, followTenant(services, context, start)))
    return {
      status: 200,
      body: null,
      raw: { contentType: 'text/event-stream', content: STREAM_HEAD },
      headers: STREAM_HEADERS,
    }
  }

const bindingOf = (context: TenantContext) => ({ owner: context.scope.prefix, operation: 'streamEvents' })

const positionOf = (context: TenantContext, lastId: string): EventVector => {
  const vector = decodeVector(context.cursors.verify(bindingOf(context), lastId))
  if (!vector)
    throw new Fault('invalid_cursor', { detail: 'This Last-Event-ID is of an older version: start without.' })
  return vector
}

const followTenant = (
  { tables, tenantKeys }: StreamServices,
  context: TenantContext,
  start: EventVector,
): StreamSource => {
  let vector = start
  return {
    get pollMs() {
      return Math.max(POLL_MS, (vector.sequences.size / SESSIONS_PER_SECOND) * 1000)
    },
    // Each event carries the position after it: a connection that breaks in the middle of a page repeats nothing.
    next: async (now) => {
      const page = await readTenantEvents(tables, context.scope, { vector, limit: PAGE, now })
      const texts = await Promise.all(
        page.steps.map(async ({ row, after }) => {
          const id = context.cursors.sign(bindingOf(context), encodeVector(after))
          const data = await tenantKeys.open(context.scope, eventDataPlace(row.id), row.data)
          return toServerSentEvent(id, toEnvelope(row, data))
        }),
      )
      vector = page.vector
      return texts.join('')
    },
  }
}
