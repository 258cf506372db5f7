import { chooseMovable, type MovableSession, planMoves } from '../../../shared/core/fleet-balance.ts'
import { planCapacity } from '../../../shared/core/fleet-capacity.ts'
import { roomOf } from '../../../shared/core/fleet-load.ts'
import { type Mode, TenantScope } from '../../../shared/core/tenant-scope.ts'
import { emitMetrics } from '../../../shared/log/metrics.ts'
import { Leases } from '../../../shared/store/leases.ts'
import { Rollouts } from '../../../shared/store/rollouts.ts'
import type { WorkerRow } from '../../../shared/store/rows/fleet.ts'
import type { AssignedRow } from '../../../shared/store/rows/session.ts'
import { Sessions } from '../../../shared/store/sessions.ts'
import { Workers } from '../../../shared/store/workers.ts'
import type { PlannerContext } from '../context.ts'
import { makeQueueRing } from '../ring-worker.ts'
import { launchWorker } from './launch-worker.ts'
import { lookAtFleet } from './look-at-fleet.ts'

const MINUTE_MS = 60_000

export interface PlanReport {
  readonly launched: number
  readonly drained: string | null
  readonly moved: number
}

/** The gauges of the fleet, and nothing done about them. */
export const watchMode = async (context: PlannerContext, mode: Mode): Promise<PlanReport> => {
  const { fleet, waiting } = await lookAtFleet(context, mode)
  emitFleet(fleet, mode, waiting)
  return { launched: 0, drained: null, moved: 0 }
}

/** Once a minute: enough workers, none too many, none too old, and none much fuller than the others. */
export const planMode = async (context: PlannerContext, mode: Mode): Promise<PlanReport> => {
  const rollouts = new Rollouts(context.tables)
  const [{ fleet, waiting }, rollout, spareSince] = await Promise.all([
    lookAtFleet(context, mode),
    rollouts.get(mode),
    rollouts.readSpareSince(mode),
  ])
  const plan = planCapacity({
    mode,
    fleet,
    waiting,
    now: context.now(),
    spareSince,
    workerCapacity: context.workerCapacity,
    minimumWorkers: fleet.length > 0 ? context.minimumWorkers : 0,
    keepWarm: context.keepWarm,
  })
  emitFleet(fleet, mode, waiting)
  if (plan.spareSince !== spareSince) await rollouts.writeSpareSince(mode, plan.spareSince)
  const minute = Math.floor(context.now() / MINUTE_MS)
  let launched = 0
  for (let index = 0; index < plan.launch; index++)
    if (await launchWorker(context, mode, `plan-${mode}-${minute}-${index}`)) launched += 1
  // A rollout decides itself who goes; both at once would drain too many.
  if (rollout?.status === 'running') return { launched, drained: null, moved: 0 }
  if (plan.drain) {
    const { worker, because } = plan.drain
    await new Workers(context.tables).setStatus(worker.id, worker.incarnation, 'DRAINING')
    context.log.info({ workerId: worker.id, because, sessions: worker.used }, 'worker is drained')
    return { launched, drained: worker.id, moved: 0 }
  }
  return { launched, drained: null, moved: launched > 0 ? 0 : await balance(context, mode, fleet, waiting) }
}

const balance = async (
  context: PlannerContext,
  mode: Mode,
  fleet: readonly WorkerRow[],
  waiting: number,
): Promise<number> => {
  let moved = 0
  const workers = new Workers(context.tables)
  for (const { workerId, count } of planMoves({ mode, fleet, waiting })) {
    const worker = fleet.find(({ id }) => id === workerId)!
    const held = await workers.readAssigned(worker.id, worker.incarnation)
    const movable = await Promise.all(held.map((row) => sightOf(context, row)))
    for (const { row } of chooseMovable(movable, count, context.now())) {
      const leases = new Leases(context.tables, TenantScope.fromVerified('systemRow', row))
      if ((await leases.askToLeave(row.sessionId)) !== 'asked') continue
      moved += 1
    }
    if (worker.queueUrl) await makeQueueRing(context)(worker.queueUrl, held[0]!)
  }
  if (moved > 0) emitMetrics({ session_move_count: [moved, 'Count'] })
  return moved
}

/** In flight is known to the worker alone: it finishes what is on the way before it lets go. */
const sightOf = async (
  context: PlannerContext,
  row: AssignedRow,
): Promise<MovableSession & { readonly row: AssignedRow }> => {
  const session = await new Sessions(context.tables, TenantScope.fromVerified('systemRow', row)).get(row.sessionId)
  return { sessionId: row.sessionId, connectedAt: session?.connectedAt ?? null, inFlight: 0, row }
}

const emitFleet = (fleet: readonly WorkerRow[], mode: Mode, waiting: number): void => {
  const ready = fleet.filter(({ status }) => status === 'READY')
  const room = ready.reduce((sum, worker) => sum + roomOf(worker), 0)
  const used = ready.reduce((sum, worker) => sum + worker.used, 0)
  emitMetrics(
    {
      fleet_ready_workers: [ready.length, 'Count'],
      fleet_sessions: [used, 'Count'],
      fleet_free_percent: [room + used === 0 ? 100 : (100 * room) / (room + used), 'Percent'],
      fleet_waiting_sessions: [waiting, 'Count'],
    },
    { mode },
  )
}
