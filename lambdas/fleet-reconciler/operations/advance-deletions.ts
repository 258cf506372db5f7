import { emitMetrics } from '../../../shared/log/metrics.ts'
import { Tenants } from '../../../shared/store/tenants.ts'
import { advanceDeletion } from '../../../shared/tenancy/advance-deletion.ts'
import type { ReconcilerContext } from '../context.ts'

/** Tenants per tick: a tenant with thousands of sessions takes seconds. */
const AT_MOST = 5

/** One step further for every tenant that is being deleted. @returns how many there are */
export const advanceDeletions = async ({ tables, now, log }: ReconcilerContext): Promise<number> => {
  const tenants = new Tenants(tables)
  const ids = await tenants.listDeleting(AT_MOST)
  for (const id of ids) {
    const row = await tenants.get(id)
    if (!row) continue
    const progress = await advanceDeletion({ tables, bell: null }, row, now())
    log.info({ tenantId: id, ...progress }, 'tenant deletion')
  }
  emitMetrics({ tenant_deletion_count: [ids.length, 'Count'] })
  return ids.length
}
