import type { Log } from '../log/log.ts'

/** The part of Lambda's SQS event that we use. */
export interface SqsEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[]
}

export interface SqsBatchResponse {
  readonly batchItemFailures: { readonly itemIdentifier: string }[]
}

/**
 * Runs all records of a batch side by side; those that throw are returned as failures and come again (our bug or our
 * dependency: after maxReceiveCount they are in the DLQ). A record's own expected failures never throw.
 */
export const processBatch = async (
  event: SqsEvent,
  log: Log,
  process: (body: unknown) => Promise<void>,
): Promise<SqsBatchResponse> => {
  const results = await Promise.allSettled(event.Records.map(async (record) => process(JSON.parse(record.body))))
  const batchItemFailures = results.flatMap((result, index) => {
    if (result.status === 'fulfilled') return []
    log.error({ err: result.reason, messageId: event.Records[index]!.messageId }, 'record failed, it comes again')
    return [{ itemIdentifier: event.Records[index]!.messageId }]
  })
  return { batchItemFailures }
}
