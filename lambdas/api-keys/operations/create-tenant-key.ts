import { Fault } from '../../../shared/core/fault.ts'
import { notFoundOf } from '../../../shared/http/authorize.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Tenants } from '../../../shared/store/tenants.ts'
import { mintKey } from '../mint-key.ts'
import type { KeyServices } from '../services.ts'

export const createTenantKey =
  (services: KeyServices): Handler<'createTenantKey'> =>
  async ({ params, body }, context) => {
    const tenant = await new Tenants(services.tables).get(params.tenantId)
    if (!tenant) throw notFoundOf(context.operation)
    if (tenant.deletion)
      throw new Fault('tenant_deleted', { detail: 'The tenant is being deleted: it gets no new keys.' })
    return mintKey(services, context, params.tenantId, body)
  }
