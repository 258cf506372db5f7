import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { makeSFNClient } from '../../shared/aws/step-functions.ts'
import { requireEnvironment } from '../../shared/config/environment.ts'
import { makeLog } from '../../shared/log/log.ts'
import { processBatch, type SqsBatchResponse, type SqsEvent } from '../../shared/sqs/batch.ts'
import { openTables } from '../../shared/store/tables.ts'
import type { ReconcilerContext } from './context.ts'
import { followHint } from './operations/follow-hint.ts'
import { tick } from './operations/tick.ts'

const tickSchema = z.object({ v: z.literal(1), kind: z.literal('tick') })

const context: ReconcilerContext = {
  tables: openTables(),
  sqs: makeSQSClient(),
  stepFunctions: makeSFNClient(),
  log: makeLog('fleet-reconciler'),
  hintsQueueUrl: requireEnvironment('hintsQueueUrl'),
  allocateStateMachineArn: requireEnvironment('allocateStateMachineArn'),
  now: Date.now,
  monotonic: () => performance.now(),
  sleep: (milliseconds) => sleep(milliseconds),
  random: Math.random,
}

/** The schedule's tick (50 s of each minute), and the hints queue (milliseconds each, beside it). */
export const handler = async (event: SqsEvent | unknown): Promise<SqsBatchResponse | undefined> => {
  if (isSqsEvent(event)) return processBatch(event, context.log, (body) => followHint(context, body))
  tickSchema.parse(event)
  await tick(context)
  return undefined
}

const isSqsEvent = (event: unknown): event is SqsEvent =>
  typeof event === 'object' && event !== null && Array.isArray((event as SqsEvent).Records)
