import { DeleteQueueCommand, QueueDoesNotExist } from '../../../shared/aws/sqs.ts'
import { failedToStartLately } from '../../../shared/core/placement.ts'
import type { WorkerRow } from '../../../shared/store/rows/fleet.ts'
import { Workers } from '../../../shared/store/workers.ts'
import type { ReconcilerContext } from '../context.ts'

/**
 * Removes the queue and the row of a worker that is gone and holds nothing (its ASSIGNED partition read empty, B6). One
 * that never started is remembered for a while: decideLaunch counts it.
 * @returns whether the row was removed
 */
export const retireWorker = async (context: ReconcilerContext, worker: WorkerRow): Promise<boolean> => {
  if (failedToStartLately(worker, context.now())) return false
  if (worker.queueUrl) await deleteQueue(context, worker.queueUrl)
  await new Workers(context.tables).remove(worker.id, worker.incarnation)
  context.log.info({ workerId: worker.id, status: worker.status }, 'worker retired')
  return true
}

const deleteQueue = async (context: ReconcilerContext, queueUrl: string): Promise<void> => {
  try {
    await context.sqs.send(new DeleteQueueCommand({ QueueUrl: queueUrl }))
  } catch (error) {
    // The worker removed it itself, or an earlier call did whose answer was lost.
    if (!(error instanceof QueueDoesNotExist)) throw error
  }
}
