import { emitMetrics } from '../../../shared/log/metrics.ts'
import { Tenants } from '../../../shared/store/tenants.ts'
import { advanceSuspension } from '../../../shared/tenancy/advance-suspension.ts'
import type { ReconcilerContext } from '../context.ts'

/** Tenants per tick: a tenant with thousands of sessions takes seconds. */
const AT_MOST = 5
const BUDGET_MS = 20_000

/** One step further for every tenant whose sessions do not follow its suspension, or the end of it. @returns how many */
export const advanceSuspensions = async ({ tables, now, log }: ReconcilerContext): Promise<number> => {
  const tenants = new Tenants(tables)
  const ids = await tenants.listChanging(AT_MOST)
  const deadline = performance.now() + BUDGET_MS
  for (const id of ids) {
    const row = await tenants.get(id)
    if (!row) continue
    const progress = await advanceSuspension({ tables, bell: null }, row, now(), deadline)
    log.info({ tenantId: id, status: row.status, ...progress }, 'tenant suspension')
  }
  emitMetrics({ tenant_suspension_count: [ids.length, 'Count'] })
  return ids.length
}
