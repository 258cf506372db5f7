import type { Handler } from '../../../shared/http/handler.ts'
import { positionOf, readFiltered, toList } from '../../../shared/http/pages.ts'
import { Deliveries } from '../../../shared/store/deliveries.ts'
import type { DeliveryRow } from '../../../shared/store/rows.ts'
import { requireEndpoint } from '../require-endpoint.ts'
import type { ControlServices } from '../services.ts'

export const listDeliveries =
  ({ tables }: ControlServices): Handler<'listDeliveries'> =>
  async ({ params, query }, context) => {
    const { id } = await requireEndpoint(tables, context, params.endpointId)
    const deliveries = new Deliveries(tables, context.scope)
    const filters = { endpointId: id, status: query.status }
    const page = await readFiltered({
      limit: query.limit,
      after: positionOf(context, query.cursor, filters),
      read: (after) => deliveries.list(id, { limit: query.limit, after }),
      keep: (row) => query.status === undefined || row.status === query.status,
      lastKeyOf: (row) => deliveries.listPosition(row),
    })
    return { status: 200, body: toList(context, { items: page.items.map(present), next: page.next }, filters) }
  }

const iso = (timeMs: number | null): string | null => (timeMs === null ? null : new Date(timeMs).toISOString())

const present = (row: DeliveryRow) => ({
  id: row.id,
  endpointId: row.endpointId,
  eventId: row.eventId,
  eventType: row.eventType,
  sessionId: row.sessionId,
  status: row.status,
  attempts: row.attempts,
  nextAttemptAt: iso(row.nextAttemptAt),
  lastError: row.lastError,
  lastStatus: row.lastStatus,
  createdAt: new Date(row.createdAt).toISOString(),
  completedAt: iso(row.completedAt),
})
