import { assertNever } from '../../../shared/core/assert-never.ts'
import { type AlarmSight, alarmingSince, planRollout, type RolloutStep } from '../../../shared/core/fleet-rollout.ts'
import { failedToStart } from '../../../shared/core/placement.ts'
import type { Mode } from '../../../shared/core/tenant-scope.ts'
import { emitMetrics } from '../../../shared/log/metrics.ts'
import { Rollouts } from '../../../shared/store/rollouts.ts'
import type { RolloutRow, WorkerRow } from '../../../shared/store/rows/fleet.ts'
import { Workers } from '../../../shared/store/workers.ts'
import type { PlannerContext } from '../context.ts'
import { launchWorker } from './launch-worker.ts'
import { lookAtFleet } from './look-at-fleet.ts'

/** Launches between two looks at the fleet share a name, so that a step that is done twice launches once. */
const LAUNCH_WINDOW_MS = 30_000

export interface RolloutAnswer {
  readonly status: RolloutRow['status'] | 'none'
  readonly because: string
}

/** One step of the rollout that runs in this mode: decides from rows, does it, notes it. May be called twice, and late. */
export const stepRollout = async (
  context: PlannerContext,
  { mode, alarms }: { mode: Mode; alarms: AlarmSight },
): Promise<RolloutAnswer> => {
  const rollouts = new Rollouts(context.tables)
  const rollout = await rollouts.get(mode)
  if (!rollout) return { status: 'none', because: 'no rollout of this mode' }
  if (rollout.status !== 'running' && rollout.status !== 'aborting')
    return { status: rollout.status, because: rollout.because }
  const { fleet, waiting } = await lookAtFleet(context, mode)
  const launched = fleet.filter((worker) => worker.createdAt >= rollout.startedAt)
  const step = planRollout({
    rollout,
    fleet,
    waiting,
    alarms,
    failedStarts: launched.filter(failedToStart).length,
    workerCapacity: context.workerCapacity,
    now: context.now(),
  })
  const since = alarmingSince(rollout, alarms, context.now())
  return carryOut(context, rollouts, { ...rollout, alarmingSince: since }, step)
}

const carryOut = async (
  context: PlannerContext,
  rollouts: Rollouts,
  rollout: RolloutRow,
  step: RolloutStep<WorkerRow>,
): Promise<RolloutAnswer> => {
  const { mode, id } = rollout
  switch (step.action) {
    case 'launch': {
      const window = Math.floor(context.now() / LAUNCH_WINDOW_MS)
      for (let index = 0; index < step.count; index++) await launchWorker(context, mode, `${id}-${window}-${index}`)
      return note(context, rollouts, rollout, `launching ${step.count}`)
    }
    case 'drain': {
      const workers = new Workers(context.tables)
      for (const worker of step.workers) await workers.setStatus(worker.id, worker.incarnation, 'DRAINING')
      return note(context, rollouts, rollout, `draining ${step.workers.map((worker) => worker.id).join(', ')}`)
    }
    case 'wait':
      return note(context, rollouts, rollout, `waiting: ${step.because}`)
    case 'end':
      if (await rollouts.end(mode, id, step.status, step.because, context.now())) {
        context.log.info({ rolloutId: id, mode, ...step }, 'rollout ended')
        emitMetrics({ [step.status === 'failed' ? 'rollout_failed_count' : 'rollout_ended_count']: [1, 'Count'] })
      }
      return { status: step.status, because: step.because }
    default:
      return assertNever(step)
  }
}

const note = async (
  context: PlannerContext,
  rollouts: Rollouts,
  rollout: RolloutRow,
  because: string,
): Promise<RolloutAnswer> => {
  if (because !== rollout.because)
    context.log.info({ rolloutId: rollout.id, mode: rollout.mode, because }, 'rollout step')
  const alarmingSince = rollout.alarmingSince ?? null
  await rollouts.note(rollout.mode, rollout.id, { because, alarmingSince, lookedAt: context.now() })
  return { status: rollout.status, because }
}
