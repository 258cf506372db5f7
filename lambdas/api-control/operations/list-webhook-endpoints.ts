import { presentEndpoint } from '../../../shared/contract/present.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { positionOf, toList } from '../../../shared/http/pages.ts'
import { Endpoints } from '../../../shared/store/endpoints.ts'
import type { ControlServices } from '../services.ts'

/** A tenant has few endpoints: all are read, the page is cut from them. The position is the last id shown. */
export const listWebhookEndpoints =
  ({ tables }: ControlServices): Handler<'listWebhookEndpoints'> =>
  async ({ query }, context) => {
    const after = positionOf(context, query.cursor)?.id
    const newestFirst = (await new Endpoints(tables, context.scope).listAll()).reverse()
    const rest = after === undefined ? newestFirst : newestFirst.filter((row) => row.id < String(after))
    const items = rest.slice(0, query.limit)
    const next = rest.length > items.length ? { id: items.at(-1)!.id } : null
    return { status: 200, body: toList(context, { items: items.map(presentEndpoint), next }) }
  }
