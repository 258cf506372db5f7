import { presentKey } from '../../../shared/contract/present.ts'
import { notFoundOf } from '../../../shared/http/authorize.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { ApiKeys } from '../../../shared/store/api-keys.ts'
import type { KeyServices } from '../services.ts'

export const revokeKey =
  ({ tables }: KeyServices): Handler<'revokeKey'> =>
  async ({ params }, context) => {
    const keys = new ApiKeys(tables, context.scope)
    const before = await keys.get(params.keyId)
    if (!before || !(await keys.revoke(before.id, context.now))) throw notFoundOf(context.operation)
    const after = { ...before, revokedAt: before.revokedAt ?? context.now }
    context.audit({ before: presentKey(before, null), after: presentKey(after, null) })
    return { status: 204, body: null }
  }
