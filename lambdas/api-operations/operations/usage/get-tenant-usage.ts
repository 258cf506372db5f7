import { TenantScope } from '../../../../shared/core/tenant-scope.ts'
import { notFoundOf } from '../../../../shared/http/authorize.ts'
import type { Handler } from '../../../../shared/http/handler.ts'
import { Tenants } from '../../../../shared/store/tenants.ts'
import type { OperationServices } from '../../services.ts'
import { reportUsage } from './report-usage.ts'

export const getTenantUsage =
  (services: OperationServices): Handler<'getTenantUsage'> =>
  async ({ params, query: { mode, ...query } }, context) => {
    const tenant = await new Tenants(services.tables).get(params.tenantId)
    if (!tenant) throw notFoundOf(context.operation)
    const scope = TenantScope.fromVerified('systemRow', { tenantId: tenant.id, mode })
    return reportUsage(services, context, query, { scope, since: tenant.createdAt })
  }
