import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { type CloudContext, functionOf } from '../cloud-context.ts'
import { ACCOUNT } from '../template/identity.ts'
import type { ResolvedResource } from '../template/resolver.ts'

const WAIT_SECONDS = 20
const PAUSE_AFTER_ERROR_MS = 500

/**
 * SQS → Lambda: one poller, as many batches at once as the mapping's maximum concurrency (at most 4 here). A batch that
 * fails as a whole, or the items it names, stay in flight until their visibility ends, then come again or go to the DLQ.
 */
export const wireEventSource = (context: CloudContext, { stack, logicalId, properties }: ResolvedResource): void => {
  const sourceArn = String(properties.EventSourceArn)
  if (!sourceArn.startsWith('arn:aws:sqs:'))
    throw new Error(`${stack}/${logicalId}: only SQS event sources run locally, not ${sourceArn}`)
  const queueName = sourceArn.split(':').at(-1)!
  const queueUrl = `${context.baseEnvironment.AWS_ENDPOINT_URL_SQS}/${ACCOUNT}/${queueName}`
  const lambda = functionOf(context, toFunctionArn(properties.FunctionName))
  const reportsFailures = (properties.FunctionResponseTypes ?? []).includes('ReportBatchItemFailures')
  const lanes = Math.min(Number(properties.ScalingConfig?.MaximumConcurrency ?? 4), 4)
  const abort = new AbortController()
  context.stops.push(() => abort.abort())

  const receive = async (): Promise<Message[]> => {
    const { Messages } = await context.clients.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: Math.min(Number(properties.BatchSize ?? 10), 10),
        WaitTimeSeconds: WAIT_SECONDS,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
      { abortSignal: abort.signal },
    )
    return Messages ?? []
  }

  const process = async (messages: readonly Message[]): Promise<void> => {
    const answer = await lambda.invoke({ Records: messages.map((message) => toRecord(message, sourceArn)) })
    const failed = new Set(
      reportsFailures ? (answer?.batchItemFailures ?? []).map((item: any) => item.itemIdentifier) : [],
    )
    const done = messages.filter((message) => !failed.has(message.MessageId))
    if (done.length)
      await context.clients.sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: done.map((message, index) => ({ Id: String(index), ReceiptHandle: message.ReceiptHandle! })),
        }),
      )
  }

  const lane = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      try {
        const messages = await receive()
        if (messages.length) await process(messages)
      } catch (error) {
        if (abort.signal.aborted) return
        context.log.line(`queue ${queueName}`, `batch failed: ${(error as Error).message}`)
        await new Promise((resolve) => setTimeout(resolve, PAUSE_AFTER_ERROR_MS))
      }
    }
  }
  for (let i = 0; i < lanes; i++) void lane()
}

/** FunctionName may be a name or an ARN. */
const toFunctionArn = (name: string): string =>
  name.startsWith('arn:') ? name : `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`

const toRecord = (message: Message, sourceArn: string) => ({
  messageId: message.MessageId,
  receiptHandle: message.ReceiptHandle,
  body: message.Body,
  attributes: message.Attributes ?? {},
  messageAttributes: message.MessageAttributes ?? {},
  md5OfBody: message.MD5OfBody,
  eventSource: 'aws:sqs',
  eventSourceARN: sourceArn,
  awsRegion: 'us-east-1',
})
