import { declareDead } from '../../../shared/fleet/declare-dead.ts'
import { sendHint } from '../../../shared/fleet/hints.ts'
import { Workers } from '../../../shared/store/workers.ts'
import type { AllocatorContext } from '../context.ts'

/**
 * The worker reported its own end. DRAINED is what it should be; if it is anything else, it left sessions behind and is
 * fenced like a dead one. The reconciler removes the row and the queue.
 */
export const workerEnded = async (
  { tables, sqs, log, hintsQueueUrl }: AllocatorContext,
  { workerId }: { workerId: string },
): Promise<{ status: string }> => {
  const worker = await new Workers(tables).get(workerId)
  if (!worker) return { status: 'gone' }
  if (worker.status !== 'DRAINED') await declareDead(tables, log, worker, 'ended without draining')
  await sendHint(sqs, hintsQueueUrl, { v: 1, kind: 'workerGone', workerId, incarnation: worker.incarnation })
  return { status: worker.status }
}
