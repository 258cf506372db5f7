import { makeLogS3Client } from '../../session-task/auth-log/s3-log-device.ts'

export interface PutCounter {
  readonly client: ReturnType<typeof makeLogS3Client>
  segments: number
  others: number
}

/** A log client that counts its PUTs and answers as late as S3 does. */
export const makePutCounter = (latencyMs: number): PutCounter => {
  const counter: PutCounter = { client: makeLogS3Client(), segments: 0, others: 0 }
  counter.client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName === 'PutObjectCommand') {
        if (String((args.input as { Key?: string }).Key).startsWith('wal/')) counter.segments++
        else counter.others++
        await new Promise((resolve) => setTimeout(resolve, latencyMs))
      }
      return next(args)
    },
    { step: 'initialize', name: 'countPuts' },
  )
  return counter
}
