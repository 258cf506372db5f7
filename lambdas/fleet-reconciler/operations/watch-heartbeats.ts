import { chooseFences, NO_SIGHTINGS, observe } from '../../../shared/core/reaper.ts'
import { declareDead } from '../../../shared/fleet/declare-dead.ts'
import { emitMetrics } from '../../../shared/log/metrics.ts'
import type { WorkerRow } from '../../../shared/store/rows/fleet.ts'
import { Workers } from '../../../shared/store/workers.ts'
import type { ReconcilerContext } from '../context.ts'
import { reconcileMode } from './reconcile-mode.ts'

const LOOKS = 6
const OBSERVE_EVERY_MS = 10_000
/** the function ends after 90 s: when the table is slow, the last looks are left to the next tick */
const WATCH_MAX_MS = 75_000

/** Shared by everything that runs in one tick: set by whoever sees an error of DynamoDB. */
export interface TickHealth {
  sawError: boolean
}

/**
 * The reaper: looks at all heartbeats every 10 s for 50 s and fences who stays silent. What it saw dies with the
 * invocation: 30 s of silence must be seen by one observer on one monotonic clock. After any error it fences nobody:
 * silence may be ours.
 * @returns how many were fenced
 */
export const watchHeartbeats = async (context: ReconcilerContext, health: TickHealth): Promise<number> => {
  const workers = new Workers(context.tables)
  let sightings = NO_SIGHTINGS
  let fenced = 0
  const end = context.monotonic() + WATCH_MAX_MS
  // Counted, not timed: each look takes a little longer than nothing, and by the clock there was never time for the last.
  for (let look = 1; ; look++) {
    const fleet = (await Promise.all([workers.list('live'), workers.list('test')])).flat()
    const seen = observe(sightings, fleet, context.monotonic(), context.now())
    sightings = seen.sightings
    if (health.sawError) return fenced
    const alive = fleet.filter((worker) => worker.status !== 'DEAD' && worker.status !== 'DRAINED').length
    const { fence, capped } = chooseFences(seen.silent, { fleetSize: alive + fenced, alreadyFenced: fenced })
    fenced += await fenceAll(context, fence)
    if (capped) emitMetrics({ worker_fence_capped_count: [1, 'Count'] })
    if (look === LOOKS || context.monotonic() + OBSERVE_EVERY_MS > end) return fenced
    await context.sleep(OBSERVE_EVERY_MS)
  }
}

const fenceAll = async (context: ReconcilerContext, silent: readonly WorkerRow[]): Promise<number> => {
  let fenced = 0
  for (const worker of silent)
    if (await declareDead(context.tables, context.log, worker, 'silent', worker.heartbeat.counter)) fenced += 1
  if (fenced > 0) for (const mode of new Set(silent.map((worker) => worker.mode))) await reconcileMode(context, mode)
  return fenced
}
