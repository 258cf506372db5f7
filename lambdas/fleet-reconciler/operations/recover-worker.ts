import { declareDead } from '../../../shared/fleet/declare-dead.ts'
import type { TaskStopped } from '../../../shared/fleet/hints.ts'
import { emitMetrics } from '../../../shared/log/metrics.ts'
import type { WorkerRow } from '../../../shared/store/rows/fleet.ts'
import { Workers } from '../../../shared/store/workers.ts'
import type { ReconcilerContext } from '../context.ts'
import { reconcileMode } from './reconcile-mode.ts'

/** ECS's word. Two minutes before it the task got SIGTERM and began to hand its sessions over. */
const SPOT_INTERRUPTION = 'SpotInterruption'

/** The process of this incarnation is gone for sure: fence at once, give its sessions away in the same breath. */
export const recoverWorker = async (
  context: ReconcilerContext,
  input: { workerId: string; incarnation: number; reason: string },
): Promise<void> => {
  const worker = await new Workers(context.tables).get(input.workerId)
  if (!worker || worker.incarnation !== input.incarnation) return
  await declareDead(context.tables, context.log, worker, input.reason)
  const report = await reconcileMode(context, worker.mode)
  context.log.info({ workerId: worker.id, ...report }, 'worker recovered')
}

/** ECS says STOPPED. The task was started by WorkerLifecycle in the name of its worker. */
export const recoverStoppedTask = async (context: ReconcilerContext, task: TaskStopped): Promise<void> => {
  const worker = await findWorker(context, task)
  if (!worker) {
    context.log.info({ taskArn: task.taskArn, startedBy: task.startedBy }, 'a stopped task without a worker row')
    return
  }
  if (task.stopCode === SPOT_INTERRUPTION) emitMetrics({ worker_spot_interruption_count: [1, 'Count'] })
  await recoverWorker(context, {
    workerId: worker.id,
    incarnation: worker.incarnation,
    reason: `task stopped: ${task.stopCode ?? 'unknown'}`,
  })
}

/** By `startedBy`; else by the task that a worker said it is (a worker that somebody started by hand). */
const findWorker = async (context: ReconcilerContext, task: TaskStopped): Promise<WorkerRow | null> => {
  const workers = new Workers(context.tables)
  if (task.startedBy?.startsWith('wrk_')) return workers.get(task.startedBy)
  const fleet = (await Promise.all([workers.list('live'), workers.list('test')])).flat()
  return fleet.find((worker) => worker.taskArn === task.taskArn) ?? null
}
