import { presentDelivery } from '../../../shared/contract/present.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { positionOf, readFiltered, toList } from '../../../shared/http/pages.ts'
import { readSpan } from '../../../shared/http/time-span.ts'
import { Deliveries } from '../../../shared/store/deliveries.ts'
import { requireEndpoint } from '../require-endpoint.ts'
import type { ControlServices } from '../services.ts'

export const listDeliveries =
  ({ tables }: ControlServices): Handler<'listDeliveries'> =>
  async ({ params, query }, context) => {
    const { id } = await requireEndpoint(tables, context, params.endpointId)
    const deliveries = new Deliveries(tables, context.scope)
    const { status, type, since, until } = query
    const filters = { endpointId: id, status, type, since, until }
    const span = readSpan({ since, until }, 'query')
    const page = await readFiltered({
      limit: query.limit,
      after: positionOf(context, query.cursor, filters),
      read: (after) =>
        deliveries.list(id, { limit: query.limit, after, createdFrom: span.since, createdUntil: span.until }),
      keep: (row) => (status ?? row.status) === row.status && (type ?? row.eventType) === row.eventType,
      lastKeyOf: (row) => deliveries.listPosition(row),
    })
    return { status: 200, body: toList(context, { items: page.items.map(presentDelivery), next: page.next }, filters) }
  }
