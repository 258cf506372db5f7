import { presentTenant } from '../../../shared/contract/present.ts'
import { Fault } from '../../../shared/core/fault.ts'
import { notFoundOf } from '../../../shared/http/authorize.ts'
import type { AdminContext, Handler } from '../../../shared/http/handler.ts'
import { type TenantRow, Tenants } from '../../../shared/store/tenants.ts'
import { advanceSuspension } from '../../../shared/tenancy/advance-suspension.ts'
import type { KeyServices } from '../services.ts'

/** How long a request itself stops or starts sessions; the reconciler does the rest, once a minute. */
const BUDGET_MS = 8_000

const change = async (
  { tables }: KeyServices,
  context: AdminContext,
  tenantId: string,
  write: (tenants: Tenants) => Promise<TenantRow | null>,
): Promise<TenantRow> => {
  const tenants = new Tenants(tables)
  const before = await tenants.get(tenantId)
  if (!before) throw notFoundOf(context.operation)
  const row = await write(tenants)
  if (!row) throw new Fault('tenant_deleted', { detail: 'The tenant is being deleted: it cannot be changed any more.' })
  context.audit({ before: presentTenant(before) })
  return row
}

export const updateTenant =
  (services: KeyServices): Handler<'updateTenant'> =>
  async ({ params, body }, context) => {
    const row = await change(services, context, params.tenantId, (tenants) => tenants.update(params.tenantId, body))
    return { status: 200, body: presentTenant(row) }
  }

const setStatus = async (
  services: KeyServices,
  context: AdminContext,
  tenantId: string,
  { status, reason }: { status: 'active' | 'suspended'; reason: string | null },
) => {
  const { now } = context
  const row = await change(services, context, tenantId, (tenants) =>
    tenants.setStatus(tenantId, { status, reason, now }),
  )
  const progress = await advanceSuspension(services, row, now, performance.now() + BUDGET_MS)
  context.note({ sessionsChanged: progress.changed })
  return { status: 200 as const, body: presentTenant(row) }
}

export const suspendTenant =
  (services: KeyServices): Handler<'suspendTenant'> =>
  ({ params, body }, context) =>
    setStatus(services, context, params.tenantId, { status: 'suspended', reason: body.reason ?? null })

export const resumeTenant =
  (services: KeyServices): Handler<'resumeTenant'> =>
  ({ params }, context) =>
    setStatus(services, context, params.tenantId, { status: 'active', reason: null })
