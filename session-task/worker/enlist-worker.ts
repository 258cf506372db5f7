import { CreateQueueCommand, DeleteQueueCommand } from '../../shared/aws/sqs.ts'
import type { Workers } from '../../shared/store/workers.ts'
import type { WorkerOptions } from './worker-options.ts'

/**
 * Makes the worker's queue and brings its row from STARTING to READY; a worker that no launcher announced announces
 * itself. @returns the queue's URL
 * @throws when the row says that this incarnation is not STARTING (declared dead meanwhile, or the id is taken)
 */
export const enlistWorker = async (
  { workerId, incarnation, mode, sqs, queuePrefix, capacity, version, taskArn }: WorkerOptions,
  workers: Workers,
): Promise<string> => {
  const { QueueUrl: queueUrl } = await sqs.send(
    new CreateQueueCommand({
      QueueName: `${queuePrefix}${workerId}-${incarnation}`,
      Attributes: { MessageRetentionPeriod: '3600', VisibilityTimeout: '30' },
    }),
  )
  if (!queueUrl) throw new Error('SQS made no queue')
  const now = Date.now()
  if (!(await workers.get(workerId)))
    await workers.register({
      v: 1,
      id: workerId,
      mode,
      incarnation,
      status: 'STARTING',
      heartbeat: { counter: 0, at: now },
      used: 0,
      capacity,
      version,
      queueUrl: null,
      taskArn,
      rssBytes: null,
      replaying: null,
      createdAt: now,
    })
  if (!(await workers.activate({ id: workerId, incarnation, queueUrl, taskArn, version, capacity, now }))) {
    await sqs.send(new DeleteQueueCommand({ QueueUrl: queueUrl }))
    throw new Error(`worker ${workerId} incarnation ${incarnation} is not STARTING: declared dead, or taken`)
  }
  return queueUrl
}
