import { presentKey } from '../../../shared/contract/present.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { positionOf, toList } from '../../../shared/http/pages.ts'
import { ApiKeys } from '../../../shared/store/api-keys.ts'
import { KeyUse } from '../../../shared/store/key-use.ts'
import type { KeyServices } from '../services.ts'

export const listKeys =
  ({ tables }: KeyServices): Handler<'listKeys'> =>
  async ({ query }, context) => {
    const after = positionOf(context, query.cursor)
    const page = await new ApiKeys(tables, context.scope).list({ limit: query.limit, after })
    const use = new KeyUse(tables, context.scope)
    const items = await Promise.all(page.items.map(async (row) => presentKey(row, await use.lastUsed(row.id))))
    return { status: 200, body: toList(context, { items, next: page.next }) }
  }
