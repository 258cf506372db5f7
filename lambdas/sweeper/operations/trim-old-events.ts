import { keepUntil } from '../../../shared/core/event-retention.ts'
import { limitsOf } from '../../../shared/core/plans.ts'
import { TenantScope } from '../../../shared/core/tenant-scope.ts'
import { KeptDays, listKeptDays } from '../../../shared/store/kept-days.ts'
import type { Tables } from '../../../shared/store/tables.ts'
import { Tenants } from '../../../shared/store/tenants.ts'
import { trimDay } from '../../../shared/store/trim.ts'

const DAYS_PER_SHARD = 10
const ROWS_PER_DAY = 200

/**
 * Events and deliveries go when they are older than the tenant's plan keeps them. A plan that keeps longer, or that was
 * changed meanwhile, only moves the next look. In bounded batches: a day with a million events takes its time.
 * @returns rows deleted
 */
export const trimOldEvents = async (tables: Tables, now: number): Promise<number> => {
  const days = await listKeptDays(tables, { before: now, limitPerShard: DAYS_PER_SHARD })
  let deleted = 0
  for (const kept of days) {
    const tenant = await new Tenants(tables).get(kept.tenantId)
    const scope = TenantScope.fromVerified('systemRow', kept)
    const until = tenant ? keepUntil(kept.day, limitsOf(tenant).eventRetentionDays, now) : null
    if (until !== null) {
      await new KeptDays(tables, scope).keep(kept, until)
      continue
    }
    const trimmed = await trimDay(tables, scope, kept, ROWS_PER_DAY)
    deleted += trimmed.deleted
    if (trimmed.isOver) await new KeptDays(tables, scope).remove(kept)
  }
  return deleted
}
