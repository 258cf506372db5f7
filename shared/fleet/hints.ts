import * as z from 'zod'
import { SendMessageCommand, type SQSClient } from '../aws/sqs.ts'
import { modeSchema } from '../store/rows/fields.ts'

/** Bodies of the hints queue. Each only says "look now": the reconciler acts on rows. */
export const hintSchema = z.discriminatedUnion('kind', [
  /** somebody wants this session to run, or to be settled */
  z.object({
    v: z.literal(1),
    kind: z.literal('session'),
    tenantId: z.string(),
    mode: modeSchema,
    sessionId: z.string(),
  }),
  /** a worker has room: READY after its start */
  z.object({ v: z.literal(1), kind: z.literal('workerReady'), workerId: z.string(), mode: modeSchema }),
  /** the process of this incarnation has ended or is given up */
  z.object({ v: z.literal(1), kind: z.literal('workerGone'), workerId: z.string(), incarnation: z.number().int() }),
])
export type Hint = z.infer<typeof hintSchema>

/** "ECS Task State Change" as EventBridge puts it into the queue; only the fields we use. */
export const taskStoppedSchema = z.object({
  'detail-type': z.literal('ECS Task State Change'),
  detail: z.object({
    taskArn: z.string(),
    lastStatus: z.literal('STOPPED'),
    startedBy: z.string().optional(),
    stopCode: z.string().optional(),
    stoppedReason: z.string().optional(),
  }),
})
export type TaskStopped = z.infer<typeof taskStoppedSchema>['detail']

/** @param delaySeconds 0 to 900 */
export const sendHint = async (sqs: SQSClient, queueUrl: string, hint: Hint, delaySeconds = 0): Promise<void> => {
  await sqs.send(
    new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(hint), DelaySeconds: delaySeconds }),
  )
}
