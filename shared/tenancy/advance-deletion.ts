import { type Mode, TenantScope } from '../core/tenant-scope.ts'
import type { Bell } from '../events/ring.ts'
import { Endpoints } from '../store/endpoints.ts'
import { tenantDataKeyKey } from '../store/keys.ts'
import { Leases } from '../store/leases.ts'
import type { LeaseRow, SessionRow } from '../store/rows/session.ts'
import { Sessions } from '../store/sessions.ts'
import type { Tables } from '../store/tables.ts'
import { type TenantRow, Tenants } from '../store/tenants.ts'

const MODES: readonly Mode[] = ['live', 'test']
const PAGE = 100
const AT_ONCE = 10
/** Keys are refused by then in every warm environment: nobody makes a session or a data key any more. */
const KEYS_FORGOTTEN_MS = 60_000
/** A device that cannot be unlinked (its phone is off, no worker comes) does not keep the tenant's data alive. */
const PATIENCE_MS = 3600_000

export interface DeletionServices {
  readonly tables: Tables
  /** null: nobody is rung, workers find the rows by themselves within their sweep */
  readonly bell: Bell | null
}

export interface DeletionProgress {
  /** sessions that a worker still has to end */
  readonly sessionsLeft: number
  readonly shredded: boolean
}

/**
 * One step of the deletion of a tenant, safe to repeat at any time: every session of both modes is told to end, then the
 * data keys are destroyed. What stays: the tenant's row, the audit log, and rows that nobody can decrypt any more.
 */
export const advanceDeletion = async (
  services: DeletionServices,
  tenant: TenantRow,
  now: number,
): Promise<DeletionProgress> => {
  if (tenant.status !== 'deleting' || !tenant.deletion)
    return { sessionsLeft: 0, shredded: tenant.status === 'deleted' }
  let sessionsLeft = 0
  for (const mode of MODES) {
    const scope = TenantScope.fromVerified('systemRow', { tenantId: tenant.id, mode })
    await removeEndpoints(services.tables, scope)
    sessionsLeft += await endSessions(services, scope, tenant.deletion.logout, now)
  }
  const age = now - tenant.deletion.requestedAt
  if (age < KEYS_FORGOTTEN_MS || (sessionsLeft > 0 && age < PATIENCE_MS)) return { sessionsLeft, shredded: false }
  for (const mode of MODES)
    await destroyDataKey(services.tables, TenantScope.fromVerified('systemRow', { tenantId: tenant.id, mode }), now)
  await new Tenants(services.tables).finishDeletion(tenant.id, now)
  return { sessionsLeft, shredded: true }
}

/** @returns how many are not ended yet */
const endSessions = async (
  services: DeletionServices,
  scope: TenantScope,
  logout: boolean,
  now: number,
): Promise<number> => {
  const sessions = new Sessions(services.tables, scope)
  let left = 0
  let after: Record<string, unknown> | undefined
  do {
    const page = await sessions.list({ limit: PAGE, after })
    for (let start = 0; start < page.items.length; start += AT_ONCE) {
      const ended = await Promise.all(
        page.items.slice(start, start + AT_ONCE).map((row) => endSession(services, scope, row, logout, now)),
      )
      left += ended.filter((done) => !done).length
    }
    after = page.next ?? undefined
  } while (after)
  return left
}

const isEnded = (lease: LeaseRow): boolean => lease.owner === null && lease.settled && lease.desired !== 'RUNNING'

/** @returns true when no worker has anything to do with it any more */
const endSession = async (
  { tables, bell }: DeletionServices,
  scope: TenantScope,
  row: SessionRow,
  logout: boolean,
  now: number,
): Promise<boolean> => {
  const leases = new Leases(tables, scope)
  const standing = await leases.get(row.id)
  if (!standing) return true
  const desired = logout ? 'DELETED' : 'STOPPED'
  if (standing.desired === 'DELETED' || standing.desired === desired) return isEnded(standing)
  const sessions = new Sessions(tables, scope)
  const lease = await leases.setDesired(row.id, desired, () =>
    logout && row.deletedAt === undefined ? [sessions.patchLeg(row.id, row.status, { deletedAt: now })] : [],
  )
  // The session changed at the same moment: the next step sees it again.
  if (!lease) return false
  if (bell) await bell.ring(scope, lease, 'desired')
  return isEnded(lease)
}

const removeEndpoints = async (tables: Tables, scope: TenantScope): Promise<void> => {
  const endpoints = new Endpoints(tables, scope)
  for (const endpoint of await endpoints.listAll()) await endpoints.remove(endpoint.id)
}

/** Crypto-shredding: without the wrapped key nothing that was sealed for this tenant and mode opens again, for anybody. */
const destroyDataKey = async (tables: Tables, scope: TenantScope, now: number): Promise<void> => {
  await tables.core.put({ ...tenantDataKeyKey(scope), v: 1, destroyedAt: now })
}
