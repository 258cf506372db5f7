import { presentTenant } from '../../../shared/contract/present.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { positionOf, toList } from '../../../shared/http/pages.ts'
import { Tenants } from '../../../shared/store/tenants.ts'
import type { KeyServices } from '../services.ts'

export const listTenants =
  ({ tables }: KeyServices): Handler<'listTenants'> =>
  async ({ query }, context) => {
    const page = await new Tenants(tables).list({ limit: query.limit, after: positionOf(context, query.cursor) })
    return { status: 200, body: toList(context, { items: page.items.map(presentTenant), next: page.next }) }
  }
