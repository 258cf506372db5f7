import { notFoundOf } from '../../../shared/http/authorize.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { ApiKeys } from '../../../shared/store/api-keys.ts'
import type { KeyServices } from '../services.ts'

export const revokeKey =
  ({ tables }: KeyServices): Handler<'revokeKey'> =>
  async ({ params }, context) => {
    if (!(await new ApiKeys(tables, context.scope).revoke(params.keyId, context.now)))
      throw notFoundOf(context.operation)
    return { status: 204, body: null }
  }
