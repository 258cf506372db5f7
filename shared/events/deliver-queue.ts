import { SendMessageBatchCommand, type SQSClient } from '../aws/sqs.ts'
import type { PipelineHint } from './queue-envelopes.ts'

const ENTRIES_PER_CALL = 10
const MAXIMUM_DELAY_SECONDS = 900

/**
 * Rings the deliver lambda. Fair queue: the group is the endpoint, so one slow receiver does not hold back the others.
 * @param delaySeconds at most 900; later attempts are found by the sweeper
 * @returns the hints that were not taken; their rows are due, the sweeper finds them
 */
export const enqueueDeliveries = async (
  client: SQSClient,
  queueUrl: string,
  hints: readonly PipelineHint[],
  delaySeconds = 0,
): Promise<readonly PipelineHint[]> => {
  const failed: PipelineHint[] = []
  for (let start = 0; start < hints.length; start += ENTRIES_PER_CALL) {
    const batch = hints.slice(start, start + ENTRIES_PER_CALL)
    const answer = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: batch.map((hint, index) => ({
          Id: String(index),
          MessageBody: JSON.stringify(hint),
          MessageGroupId: hint.endpointId,
          DelaySeconds: Math.min(MAXIMUM_DELAY_SECONDS, Math.max(0, Math.floor(delaySeconds))),
        })),
      }),
    )
    failed.push(...(answer.Failed ?? []).map((entry) => batch[Number(entry.Id)]!))
  }
  return failed
}
