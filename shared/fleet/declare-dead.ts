import { failedToStart } from '../core/placement.ts'
import { TenantScope } from '../core/tenant-scope.ts'
import type { Log } from '../log/log.ts'
import { emitMetrics } from '../log/metrics.ts'
import { Leases, sameOwner } from '../store/leases.ts'
import type { WorkerRow } from '../store/rows/fleet.ts'
import type { Tables } from '../store/tables.ts'
import { Workers } from '../store/workers.ts'

/**
 * Fences one incarnation: from now on none of its writes to the worker row succeeds, and its sessions may be given away.
 * The session that it was replaying gets the blame (crashes + 1, protocol §9, C3): exactly one caller wins the fence, so
 * the blame is counted at most once.
 * @param counter the heartbeat that the observer saw; without it the fence is unconditional (ECS says STOPPED)
 * @returns false when it was DEAD or DRAINED already, or has beaten meanwhile
 */
export const declareDead = async (
  tables: Tables,
  log: Log,
  worker: WorkerRow,
  reason: string,
  counter?: number,
): Promise<boolean> => {
  const workers = new Workers(tables)
  if (!(await workers.fence(worker.id, worker.incarnation, counter))) return false
  log.warn(
    { workerId: worker.id, incarnation: worker.incarnation, reason, replaying: worker.replaying },
    'worker fenced',
  )
  const neverBeat = failedToStart({ ...worker, status: 'DEAD' })
  emitMetrics({ worker_fence_count: [1, 'Count'], worker_launch_failed_count: [neverBeat ? 1 : 0, 'Count'] })
  const fenced = await workers.get(worker.id)
  if (fenced?.replaying) await blame(tables, fenced, fenced.replaying)
  return true
}

const blame = async (tables: Tables, worker: WorkerRow, sessionId: string): Promise<void> => {
  const assigned = await new Workers(tables).readAssigned(worker.id, worker.incarnation)
  const row = assigned.find((item) => item.sessionId === sessionId)
  if (!row) return
  const leases = new Leases(tables, TenantScope.fromVerified('systemRow', row))
  const lease = await leases.get(sessionId)
  if (lease && sameOwner(lease.owner, { workerId: worker.id, incarnation: worker.incarnation }))
    await leases.setCrashes(sessionId, lease.epoch, lease.crashes + 1)
}
