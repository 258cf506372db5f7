import { keepUntil } from '../../../shared/core/event-retention.ts'
import { limitsOf } from '../../../shared/core/plans.ts'
import { TenantScope } from '../../../shared/core/tenant-scope.ts'
import type { Log } from '../../../shared/log/log.ts'
import { type KeptDay, KeptDays, listKeptDays } from '../../../shared/store/kept-days.ts'
import { Tenants } from '../../../shared/store/tenants.ts'
import { trimDay } from '../../../shared/store/trim.ts'
import { UsageRows } from '../../../shared/store/usage.ts'
import { type FoldServices, foldSession } from '../../../shared/usage/fold-usage.ts'

const DAYS_PER_SHARD = 10
const ROWS_PER_DAY = 200
const FOLD_BUDGET_MS = 15_000

export interface TrimServices extends FoldServices {
  readonly log: Log
}

/**
 * Events and deliveries go when they are older than the tenant's plan keeps them. A plan that keeps longer, or that was
 * changed meanwhile, only moves the next look. In bounded batches: a day with a million events takes its time.
 * @returns rows deleted
 */
export const trimOldEvents = async (services: TrimServices, now: number): Promise<number> => {
  const days = await listKeptDays(services.tables, { before: now, limitPerShard: DAYS_PER_SHARD })
  const deadline = performance.now() + FOLD_BUDGET_MS
  let deleted = 0
  for (const kept of days) {
    try {
      deleted += await trimOne(services, kept, now, deadline)
    } catch (error) {
      // One row that cannot be read must not keep the others.
      services.log.error({ err: error, tenantId: kept.tenantId, day: kept.day }, 'a day cannot be trimmed, next time')
    }
  }
  return deleted
}

const trimOne = async (services: TrimServices, kept: KeptDay, now: number, deadline: number): Promise<number> => {
  const { tables } = services
  const tenant = await new Tenants(tables).get(kept.tenantId)
  const scope = TenantScope.fromVerified('systemRow', kept)
  const until = tenant ? keepUntil(kept.day, limitsOf(tenant).eventRetentionDays, now) : null
  if (until !== null) {
    await new KeptDays(tables, scope).keep(kept, until)
    return 0
  }
  const countedThrough = kept.owner.kind === 'session' ? await count(services, scope, kept.owner.id, deadline) : 0
  const trimmed = await trimDay(tables, scope, { ...kept, countedThrough }, ROWS_PER_DAY)
  if (trimmed.isOver) await new KeptDays(tables, scope).remove(kept)
  return trimmed.deleted
}

/**
 * What happened is paid for, also when nobody asked until now: it is counted before nobody can count it any more.
 * @returns the last sequence that is counted
 */
const count = async (
  services: TrimServices,
  scope: TenantScope,
  sessionId: string,
  deadline: number,
): Promise<number> => {
  await foldSession(services, scope, sessionId, deadline)
  return (await new UsageRows(services.tables, scope).position(sessionId)).afterSequence
}
