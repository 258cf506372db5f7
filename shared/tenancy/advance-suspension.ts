import { type Mode, TenantScope } from '../core/tenant-scope.ts'
import type { Bell } from '../events/ring.ts'
import { suspendedSessionKey, suspendedSessionPartition, tenantKey } from '../store/keys.ts'
import { Leases } from '../store/leases.ts'
import type { LeaseRow, SessionRow } from '../store/rows/session.ts'
import { Sessions } from '../store/sessions.ts'
import type { Leg } from '../store/table.ts'
import type { Tables } from '../store/tables.ts'
import { type TenantRow, Tenants } from '../store/tenants.ts'

const MODES: readonly Mode[] = ['live', 'test']
const PAGE = 100
const AT_ONCE = 10
/** A key may be remembered for so long: a session that it makes or starts meanwhile is stopped by a later step. */
const KEYS_FORGOTTEN_MS = 60_000

export interface SuspensionServices {
  readonly tables: Tables
  /** null: nobody is rung, workers read what is wanted of their sessions with their next heartbeat */
  readonly bell: Bell | null
}

export interface SuspensionProgress {
  /** sessions that this step stopped or started */
  readonly changed: number
  /** nothing is left to do for this change of the tenant's status */
  readonly complete: boolean
}

/**
 * One step of a suspension or of its end, safe to repeat at any time and from many places at once. Suspending stops every
 * session that should run and notes that it should: the device stays linked, WhatsApp keeps what arrives. Resuming starts
 * exactly the noted ones, without a QR. Every write holds only while the tenant's status is still the one it serves.
 * @param deadline performance.now() after which no further page is begun
 */
export const advanceSuspension = async (
  services: SuspensionServices,
  tenant: TenantRow,
  now: number,
  deadline: number,
): Promise<SuspensionProgress> => {
  const { change } = tenant
  if (!change || (tenant.status !== 'suspended' && tenant.status !== 'active')) return { changed: 0, complete: true }
  let changed = 0
  let left = 0
  for (const mode of MODES) {
    const scope = TenantScope.fromVerified('systemRow', { tenantId: tenant.id, mode })
    const work = { ...services, scope, onlyWhile: statusLeg(services.tables, tenant), now, deadline }
    const step = await (tenant.status === 'suspended' ? stopAll(work) : startAll(work))
    changed += step.changed
    left += step.left
  }
  const complete = left === 0 && (tenant.status === 'active' || now - change.requestedAt >= KEYS_FORGOTTEN_MS)
  if (complete) await new Tenants(services.tables).finishChange(tenant)
  return { changed, complete }
}

interface Work extends SuspensionServices {
  readonly scope: TenantScope
  readonly onlyWhile: Leg
  readonly now: number
  readonly deadline: number
}
interface Step {
  readonly changed: number
  /** could not be changed, or were not looked at */
  readonly left: number
}

const statusLeg = (tables: Tables, { id, status }: TenantRow): Leg => ({
  table: tables.core.name,
  check: tenantKey(id),
  condition: { expression: '#status = :status', values: { ':status': status } },
})

const sum = (outcomes: readonly ('changed' | 'nothing' | 'left')[]): Step => ({
  changed: outcomes.filter((outcome) => outcome === 'changed').length,
  left: outcomes.filter((outcome) => outcome === 'left').length,
})

const stopAll = async (work: Work): Promise<Step> => {
  const sessions = new Sessions(work.tables, work.scope)
  let total: Step = { changed: 0, left: 0 }
  let after: Record<string, unknown> | undefined
  do {
    if (performance.now() > work.deadline) return { ...total, left: total.left + 1 }
    const page = await sessions.list({ limit: PAGE, after })
    for (let start = 0; start < page.items.length; start += AT_ONCE) {
      const batch = page.items.slice(start, start + AT_ONCE)
      const step = sum(await Promise.all(batch.map((row) => stop(work, row))))
      total = { changed: total.changed + step.changed, left: total.left + step.left }
    }
    after = page.next ?? undefined
  } while (after)
  return total
}

const stop = async (work: Work, row: SessionRow): Promise<'changed' | 'nothing' | 'left'> => {
  const { tables, scope, now } = work
  const leases = new Leases(tables, scope)
  if ((await leases.get(row.id))?.desired !== 'RUNNING') return 'nothing'
  const reason = { code: 'tenant_suspended', retryable: false, nextAction: 'contact_operator', since: now }
  const stopped = (lease: LeaseRow): Leg[] =>
    // Its owner says `stopped` itself; nobody would say it of a session without one.
    lease.owner === null
      ? [new Sessions(tables, scope).patchLeg(row.id, row.status, { status: 'stopped', reason })]
      : []
  const lease = await leases.setDesired(row.id, 'STOPPED', (standing) => [
    work.onlyWhile,
    { table: tables.core.name, put: { ...suspendedSessionKey(scope, row.id), v: 1, stoppedAt: now } },
    ...stopped(standing),
  ])
  if (!lease) return 'left'
  await work.bell?.ring(scope, lease, 'desired')
  return 'changed'
}

const startAll = async (work: Work): Promise<Step> => {
  let total: Step = { changed: 0, left: 0 }
  let after: Record<string, unknown> | undefined
  do {
    if (performance.now() > work.deadline) return { ...total, left: total.left + 1 }
    const page = await work.tables.core.query({
      key: { expression: '#pk = :pk', values: { ':pk': suspendedSessionPartition(work.scope) } },
      limit: PAGE,
      after,
    })
    for (let start = 0; start < page.items.length; start += AT_ONCE) {
      const batch = page.items.slice(start, start + AT_ONCE)
      const step = sum(await Promise.all(batch.map((item) => restart(work, String(item.sk)))))
      total = { changed: total.changed + step.changed, left: total.left + step.left }
    }
    after = page.lastKey ?? undefined
  } while (after)
  return total
}

const restart = async (work: Work, sessionId: string): Promise<'changed' | 'nothing' | 'left'> => {
  const { tables, scope } = work
  const leases = new Leases(tables, scope)
  const noted = { table: tables.core.name, remove: suspendedSessionKey(scope, sessionId) }
  const standing = await leases.get(sessionId)
  if (standing?.desired !== 'STOPPED') {
    // It was deleted meanwhile, or somebody started it already.
    await tables.core.remove(noted.remove)
    return 'nothing'
  }
  const lease = await leases.setDesired(sessionId, 'RUNNING', () => [work.onlyWhile, noted])
  if (!lease) return 'left'
  await work.bell?.ring(scope, lease, 'desired')
  return 'changed'
}
