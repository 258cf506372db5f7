import { presentTenant } from '../../../shared/contract/present.ts'
import { Fault } from '../../../shared/core/fault.ts'
import { notFoundOf } from '../../../shared/http/authorize.ts'
import type { AdminContext, Handler } from '../../../shared/http/handler.ts'
import { type TenantPatch, Tenants } from '../../../shared/store/tenants.ts'
import type { KeyServices } from '../services.ts'

const change = async ({ tables }: KeyServices, context: AdminContext, tenantId: string, patch: TenantPatch) => {
  const tenants = new Tenants(tables)
  const before = await tenants.get(tenantId)
  if (!before) throw notFoundOf(context.operation)
  const row = await tenants.update(tenantId, patch)
  if (!row) throw new Fault('tenant_deleted', { detail: 'The tenant is being deleted: it cannot be changed any more.' })
  context.audit({ before: presentTenant(before) })
  return { status: 200 as const, body: presentTenant(row) }
}

export const updateTenant =
  (services: KeyServices): Handler<'updateTenant'> =>
  ({ params, body }, context) =>
    change(services, context, params.tenantId, body)

export const suspendTenant =
  (services: KeyServices): Handler<'suspendTenant'> =>
  ({ params, body }, context) =>
    change(services, context, params.tenantId, { status: 'suspended', suspendedReason: body.reason ?? null })

export const resumeTenant =
  (services: KeyServices): Handler<'resumeTenant'> =>
  ({ params }, context) =>
    change(services, context, params.tenantId, { status: 'active', suspendedReason: null })
