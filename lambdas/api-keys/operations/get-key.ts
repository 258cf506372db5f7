import { presentKey } from '../../../shared/contract/present.ts'
import { notFoundOf } from '../../../shared/http/authorize.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { ApiKeys } from '../../../shared/store/api-keys.ts'
import { KeyUse } from '../../../shared/store/key-use.ts'
import type { KeyServices } from '../services.ts'

export const getKey =
  ({ tables }: KeyServices): Handler<'getKey'> =>
  async ({ params }, context) => {
    const row = await new ApiKeys(tables, context.scope).get(params.keyId)
    if (!row) throw notFoundOf(context.operation)
    return { status: 200, body: presentKey(row, await new KeyUse(tables, context.scope).lastUsed(row.id)) }
  }
