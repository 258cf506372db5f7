import type { Workers } from '../../shared/store/workers.ts'
import type { JudgedLane } from './lane.ts'

/**
 * I9: the session has exactly one owner, that worker is READY and knows of it, and no other worker that lives does.
 * @returns every doubt in words; right after a takeover some may be only early
 */
export const checkOwnership = async ({ run, sessionId }: JudgedLane, workers: Workers): Promise<string[]> => {
  const found: string[] = []
  const lease = await run.fleet.leases.get(sessionId)
  const owner = lease?.owner ?? null
  if (!owner) return [`I9 ${sessionId} has no owner`]
  const row = await workers.get(owner.workerId)
  if (row?.status !== 'READY' || row.incarnation !== owner.incarnation)
    found.push(`I9 the lease of ${sessionId} names ${owner.workerId}, which is ${row?.status ?? 'gone'}`)
  for (const worker of await workers.list(run.fleet.scope.mode)) {
    const isAssigned = (await workers.readAssigned(worker.id, worker.incarnation)).some(
      (assigned) => assigned.sessionId === sessionId && assigned.epoch === lease?.epoch,
    )
    if (isAssigned !== (worker.id === owner.workerId))
      found.push(`I9 ${worker.id} (${worker.status}) is ${isAssigned ? '' : 'not '}assigned ${sessionId}`)
  }
  return found
}
