import { notFoundOf } from '../../../shared/http/authorize.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Tenants } from '../../../shared/store/tenants.ts'
import { mintKey } from '../mint-key.ts'
import type { KeyServices } from '../services.ts'

export const createTenantKey =
  (services: KeyServices): Handler<'createTenantKey'> =>
  async ({ params, body }, context) => {
    if (!(await new Tenants(services.tables).get(params.tenantId))) throw notFoundOf(context.operation)
    return mintKey(services, context, params.tenantId, body)
  }
