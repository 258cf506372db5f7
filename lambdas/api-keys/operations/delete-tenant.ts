import { presentTenant } from '../../../shared/contract/present.ts'
import { notFoundOf } from '../../../shared/http/authorize.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Tenants } from '../../../shared/store/tenants.ts'
import { advanceDeletion } from '../../../shared/tenancy/advance-deletion.ts'
import type { KeyServices } from '../services.ts'

/** Closes the tenant, takes the first step; the reconciler takes the others, once a minute. */
export const deleteTenant =
  (services: KeyServices): Handler<'deleteTenant'> =>
  async ({ params, query }, context) => {
    const tenants = new Tenants(services.tables)
    const before = await tenants.get(params.tenantId)
    const row = before && (await tenants.startDeletion(before.id, query.logout === 'true', context.now))
    if (!row) throw notFoundOf(context.operation)
    context.audit({ before: presentTenant(before) })
    const progress = await advanceDeletion(services, row, context.now)
    context.note({ sessionsLeft: progress.sessionsLeft })
    const now = progress.shredded ? await tenants.get(row.id) : row
    return { status: 202, body: presentTenant(now ?? row) }
  }
