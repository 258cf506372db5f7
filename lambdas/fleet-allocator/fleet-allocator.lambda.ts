import * as z from 'zod'
import { makeSQSClient } from '../../shared/aws/sqs.ts'
import { readEnvironment, requireEnvironment } from '../../shared/config/environment.ts'
import { assertNever } from '../../shared/core/assert-never.ts'
import { makeLog } from '../../shared/log/log.ts'
import { modeSchema } from '../../shared/store/rows/fields.ts'
import { openTables } from '../../shared/store/tables.ts'
import type { AllocatorContext } from './context.ts'
import { assignSession } from './operations/assign-session.ts'
import { registerWorker } from './operations/register-worker.ts'
import { workerEnded } from './operations/worker-ended.ts'
import { workerLost } from './operations/worker-lost.ts'

const eventSchema = z.discriminatedUnion('action', [
  z.object({ action: z.literal('assign'), tenantId: z.string(), mode: modeSchema, sessionId: z.string() }),
  z.object({ action: z.literal('registerWorker'), mode: modeSchema, launchName: z.string().min(1) }),
  z.object({ action: z.literal('workerEnded'), workerId: z.string() }),
  z.object({ action: z.literal('workerLost'), workerId: z.string() }),
])

const context: AllocatorContext = {
  tables: openTables(),
  sqs: makeSQSClient(),
  log: makeLog('fleet-allocator'),
  hintsQueueUrl: requireEnvironment('hintsQueueUrl'),
  workerCapacity: z.coerce.number().int().positive().parse(requireEnvironment('workerCapacity')),
  version: readEnvironment('version'),
  now: Date.now,
  random: Math.random,
}

/** Called by the state machines: one decision and its writes per call. Every action may be called twice. */
export const handler = async (event: unknown): Promise<unknown> => {
  const input = eventSchema.parse(event)
  switch (input.action) {
    case 'assign':
      return assignSession(context, input)
    case 'registerWorker':
      return registerWorker(context, input)
    case 'workerEnded':
      return workerEnded(context, input)
    case 'workerLost':
      return workerLost(context, input)
    default:
      return assertNever(input)
  }
}
