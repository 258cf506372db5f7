import { presentTenant } from '../../../shared/contract/present.ts'
import { notFoundOf } from '../../../shared/http/authorize.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Tenants } from '../../../shared/store/tenants.ts'
import type { KeyServices } from '../services.ts'

export const getTenant =
  ({ tables }: KeyServices): Handler<'getTenant'> =>
  async ({ params }, context) => {
    const row = await new Tenants(tables).get(params.tenantId)
    if (!row) throw notFoundOf(context.operation)
    return { status: 200, body: presentTenant(row) }
  }
