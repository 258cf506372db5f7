import * as z from 'zod'
import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from '../../shared/aws/sqs.ts'
import { ringSchema } from '../../shared/events/ring.ts'
import type { Log } from '../../shared/log/log.ts'

/**
 * What rings a worker: those of the API, and `assigned` by whoever allocates. Hints without content: anything may be
 * lost, doubled or late; the rows say what is so.
 */
const anyRingSchema = ringSchema.extend({ kind: z.enum([...ringSchema.shape.kind.options, 'assigned']) })
export type WorkerRing = z.infer<typeof anyRingSchema>

const WAIT_SECONDS = 20
const ERROR_PAUSE_MS = 1_000

/** Parses one body; null when it is not a ring of a version we know. */
const parseRing = (body: string | undefined): WorkerRing | null => {
  try {
    return anyRingSchema.safeParse(JSON.parse(body ?? '')).data ?? null
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
  onRing: (ring: WorkerRing) => void
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
