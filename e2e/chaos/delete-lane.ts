import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../session-task/testing/test-fleet.ts'
import type { ChaosWorker } from './chaos-worker.ts'
import { checkDeleted } from './check-deleted.ts'
import type { Lane } from './lane.ts'
import { makeRandom } from './random.ts'
import { startWorker } from './scenario.ts'

const DELETE_DEADLINE_MS = 30_000

/**
 * The tenant deletes the session; the worker that does it is killed half-way in two of three, and another one finishes.
 * @returns what is left of it that should not be
 */
export const deleteLane = async (lane: Lane): Promise<string[]> => {
  const { fleet, report } = lane.run
  const random = makeRandom(lane.epochs.length)
  await fleet.leases.setDesired(lane.sessionId, 'DELETED')
  if (random.chance(0.66)) {
    const first = await startWorker(lane)
    await assign(lane, first)
    await sleep(random.between(5, 150))
    first.kill()
    report.kills++
    await fleet.workers.fence(first.id, 1)
    await first.dispose()
  }
  const last = await startWorker(lane)
  try {
    await until(
      `${lane.sessionId} is deleted`,
      async () => {
        const lease = await fleet.leases.get(lane.sessionId)
        if (lease?.owner === null && lease.settled) return true
        if (lease?.owner?.workerId !== last.id) await assign(lane, last)
        return false
      },
      DELETE_DEADLINE_MS,
    )
    const deletedAt = Date.now()
    // Nobody is there to take it, and a worker that is asked to opens nothing.
    await fleet.simulator.contactSends(lane.contact, lane.phone, 'too late')
    await assign(lane, last)
    await fleet.released(lane.sessionId)
    const response = await fetch(`${fleet.simulator.controlUrl}/control/phones/${lane.phone}/devices`)
    const { data } = (await response.json()) as { data: { status: string }[] }
    report.deletes++
    return await checkDeleted(lane, deletedAt, data.filter(({ status }) => status === 'active').length)
  } finally {
    await last.drain()
    await last.dispose()
  }
}

const assign = async (lane: Lane, worker: ChaosWorker): Promise<void> => {
  // Raced by the release of the one before: asked again by whoever waits.
  await lane.run.fleet.assign(lane.sessionId, worker).catch(() => null)
}
