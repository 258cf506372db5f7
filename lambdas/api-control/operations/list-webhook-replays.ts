import { presentReplay } from '../../../shared/contract/present.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { positionOf, toList } from '../../../shared/http/pages.ts'
import { Replays } from '../../../shared/store/replays.ts'
import { requireEndpoint } from '../require-endpoint.ts'
import type { ControlServices } from '../services.ts'

export const listWebhookReplays =
  ({ tables }: ControlServices): Handler<'listWebhookReplays'> =>
  async ({ params, query }, context) => {
    const { id } = await requireEndpoint(tables, context, params.endpointId)
    const filters = { endpointId: id }
    const after = positionOf(context, query.cursor, filters)
    const page = await new Replays(tables, context.scope).list(id, { limit: query.limit, after })
    return { status: 200, body: toList(context, { items: page.items.map(presentReplay), next: page.next }, filters) }
  }
