import { declareDead } from '../../../shared/fleet/declare-dead.ts'
import { sendHint } from '../../../shared/fleet/hints.ts'
import { Workers } from '../../../shared/store/workers.ts'
import type { AllocatorContext } from '../context.ts'

/** Supervision ended badly and the task was told to stop: fence, and let the reconciler give its sessions away. */
export const workerLost = async (
  { tables, sqs, log, hintsQueueUrl }: AllocatorContext,
  { workerId }: { workerId: string },
): Promise<{ fenced: boolean }> => {
  const worker = await new Workers(tables).get(workerId)
  if (!worker) return { fenced: false }
  const fenced = await declareDead(tables, log, worker, 'supervision')
  await sendHint(sqs, hintsQueueUrl, { v: 1, kind: 'workerGone', workerId, incarnation: worker.incarnation })
  return { fenced }
}
