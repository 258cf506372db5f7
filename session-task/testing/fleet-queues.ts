import {
  CreateQueueCommand,
  DeleteQueueCommand,
  makeSQSClient,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '../../shared/aws/sqs.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'

/** The queues of a test fleet: those of its workers, which the test rings, and the one for hints, which it reads. */
export const openFleetQueues = async (scope: TenantScope) => {
  const sqs = makeSQSClient()
  const { QueueUrl: hintsQueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'hints' }))
  return {
    sqs,
    hintsQueueUrl,

    ring: async (queueUrl: string | null, kind: string, sessionId: string): Promise<void> => {
      if (!queueUrl) return
      const body = JSON.stringify({ v: 1, kind, tenantId: scope.tenantId, mode: scope.mode, sessionId })
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body })).catch((error) => {
        // As for a Bell: the queue of a worker that is gone hears nothing, its sessions' next owner finds the rows.
        if (error.name !== 'QueueDoesNotExist') throw error
      })
    },

    /** of a worker that died: the reconciler deletes it with the worker's row */
    deleteQueue: async (queueUrl: string): Promise<void> => {
      // A worker that drained has deleted it.
      await sqs.send(new DeleteQueueCommand({ QueueUrl: queueUrl })).catch((error: Error) => {
        if (!(error instanceof QueueDoesNotExist)) throw error
      })
    },

    readHints: async (): Promise<Record<string, unknown>[]> => {
      const { Messages: received = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: hintsQueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
      )
      return received.map(({ Body: body }) => JSON.parse(body ?? '{}'))
    },
  }
}
