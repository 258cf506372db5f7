import { SendMessageCommand } from '../../shared/aws/sqs.ts'
import type { Ring } from '../../shared/events/ring.ts'
import type { AssignedRow } from '../../shared/store/rows/session.ts'
import type { PlannerContext } from './context.ts'

/** One ring makes the worker read all of ASSIGNED. A lost one costs ten seconds: the next beat reads it too. */
export const makeQueueRing =
  ({ sqs, log }: Pick<PlannerContext, 'sqs' | 'log'>) =>
  async (queueUrl: string, { tenantId, mode, sessionId }: AssignedRow): Promise<void> => {
    const ring: Ring = { v: 1, kind: 'desired', tenantId, mode, sessionId }
    try {
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(ring) }))
    } catch (error) {
      log.warn({ err: error }, 'ring failed, the next beat reads the rows')
    }
  }
