import * as z from 'zod'
import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from '../../shared/aws/sqs.ts'
import type { Log } from '../../shared/log/log.ts'
import { modeSchema } from '../../shared/store/rows.ts'

/** What rings a worker: hints without content. Anything may be lost, doubled or late; the rows say what is so. */
export const ringSchema = z.object({
  v: z.literal(1),
  kind: z.enum(['messages', 'assigned', 'desired']),
  tenantId: z.string(),
  mode: modeSchema,
  sessionId: z.string(),
})
export type Ring = z.infer<typeof ringSchema>

const WAIT_SECONDS = 20
const ERROR_PAUSE_MS = 1_000

/** Parses one body; null when it is not a ring of a version we know. */
export const parseRing = (body: string | undefined): Ring | null => {
  try {
    return ringSchema.safeParse(JSON.parse(body ?? '')).data ?? null
  } catch {
    // not JSON: as good as a ring of an unknown version, which the caller counts
    return null
  }
}

/** Long-polls the worker's queue until the signal; each message is deleted on receipt. */
export const receiveRings = async (input: {
  sqs: SQSClient
  queueUrl: string
  signal: AbortSignal
  log: Log
  onRing: (ring: Ring) => void
}): Promise<void> => {
  const { sqs, queueUrl, signal, log } = input
  while (!signal.aborted) {
    try {
      const { Messages: received = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: WAIT_SECONDS }),
        { abortSignal: signal },
      )
      for (const { Body: body } of received) {
        const ring = parseRing(body)
        if (ring) input.onRing(ring)
        else log.warn('a ring of an unknown form was dropped')
      }
      if (received.length > 0)
        await sqs.send(
          new DeleteMessageBatchCommand({
            QueueUrl: queueUrl,
            Entries: received.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
          }),
        )
    } catch (error) {
      if (signal.aborted) return
      log.warn({ error: String(error) }, 'the ring queue does not answer; beats go on')
      await new Promise((resolve) => setTimeout(resolve, ERROR_PAUSE_MS))
    }
  }
}
