import * as z from 'zod'
import { allocationAllowance } from '../../../shared/core/fleet-pace.ts'
import { freeSlots, shuffle } from '../../../shared/core/placement.ts'
import type { Mode } from '../../../shared/core/tenant-scope.ts'
import { emitMetrics } from '../../../shared/log/metrics.ts'
import type { WorkerRow } from '../../../shared/store/rows/fleet.ts'
import { type SessionRef, Workers } from '../../../shared/store/workers.ts'
import type { ReconcilerContext } from '../context.ts'
import { reconcileSession } from './reconcile-session.ts'
import { retireWorker } from './retire-worker.ts'

const PARALLEL = 10
/** The tick comes back after a minute. */
const PASS_SECONDS = 60

export interface ModeReport {
  readonly mode: Mode
  readonly needy: number
  readonly free: number
  readonly started: number
  readonly retired: number
}

/**
 * All sessions of a mode that need an owner: listed as unowned, or still assigned to a worker that is gone. Starts as many
 * allocations as there are free slots and READY workers can connect until the next pass, and one more when that is not
 * enough: it makes sure that capacity comes.
 */
export const reconcileMode = async (context: ReconcilerContext, mode: Mode): Promise<ModeReport> => {
  const workers = new Workers(context.tables)
  const [fleet, unowned] = await Promise.all([workers.list(mode), workers.listUnowned()])
  const gone = fleet.filter((worker) => worker.status === 'DEAD' || worker.status === 'DRAINED')
  const left = await Promise.all(gone.map((worker) => workers.readAssigned(worker.id, worker.incarnation)))
  const retired = await retireEmpty(context, gone, left)
  const needy = distinct([...left.flat(), ...unowned.filter((ref) => ref.mode === mode)])
  const free = freeSlots(fleet, mode)
  const readyWorkers = fleet.filter(({ status }) => status === 'READY').length
  const limit = allocationAllowance({ free, readyWorkers, passSeconds: PASS_SECONDS })
  const started = await startUpTo(context, shuffle(needy, context.random), limit)
  return { mode, needy: needy.length, free, started, retired }
}

const retireEmpty = async (
  context: ReconcilerContext,
  gone: readonly WorkerRow[],
  left: readonly (readonly unknown[])[],
): Promise<number> => {
  const retired = await Promise.all(
    gone.map((worker, index) => left[index]!.length === 0 && retireWorker(context, worker)),
  )
  return retired.filter(Boolean).length
}

/**
 * Entries that need nothing (the index lags) do not count against the limit. A row that cannot be read is its own trouble:
 * it is reported, and the others are served. Any other error is thrown after all have had their turn.
 */
const startUpTo = async (context: ReconcilerContext, refs: readonly SessionRef[], limit: number): Promise<number> => {
  let next = 0
  let started = 0
  const errors: unknown[] = []
  const work = async () => {
    while (next < refs.length && started < limit) {
      const ref = refs[next++]!
      started += 1
      const outcome = await reconcileSession(context, ref).catch((error: unknown) => {
        context.log.error({ err: error, sessionId: ref.sessionId }, 'session cannot be reconciled')
        if (error instanceof z.ZodError) emitMetrics({ reconcile_unreadable_row_count: [1, 'Count'] })
        else errors.push(error)
        return 'failed'
      })
      if (outcome !== 'started' && outcome !== 'running') started -= 1
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  if (errors.length) throw new AggregateError(errors, `${errors.length} sessions could not be reconciled`)
  return started
}

const distinct = (refs: readonly SessionRef[]): SessionRef[] => [
  ...new Map(
    refs.map(({ tenantId, mode, sessionId }) => [`${tenantId}#${sessionId}`, { tenantId, mode, sessionId }]),
  ).values(),
]
