import * as z from 'zod'
import { modeSchema, time } from './fields.ts'

export const WORKER_STATUSES = ['STARTING', 'READY', 'DRAINING', 'DRAINED', 'DEAD'] as const
export type WorkerStatus = (typeof WORKER_STATUSES)[number]

export const workerRowSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  mode: modeSchema,
  incarnation: z.number().int(),
  status: z.enum(WORKER_STATUSES),
  /** counter: the reaper watches it change; at: the worker's own clock, for people */
  heartbeat: z.object({ counter: z.number().int(), at: time }),
  used: z.number().int(),
  capacity: z.number().int(),
  version: z.string(),
  queueUrl: z.string().nullable(),
  taskArn: z.string().nullable(),
  rssBytes: z.number().nullable(),
  replaying: z.string().nullable(),
  createdAt: time,
  /** memory that the task may use; absent on rows of older workers */
  memoryBytes: z.number().nullable().optional(),
  /** 99th percentile of the event loop's delay since the last beat */
  loopLagMs: z.number().nullable().optional(),
})
export type WorkerRow = z.infer<typeof workerRowSchema>

export const ROLLOUT_STATUSES = ['running', 'aborting', 'done', 'aborted', 'failed'] as const
export const rolloutRowSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  mode: modeSchema,
  /** workers of any other version are replaced */
  version: z.string(),
  waveSize: z.number().int(),
  status: z.enum(ROLLOUT_STATUSES),
  /** what the last step did or waits for */
  because: z.string(),
  startedAt: time,
  endedAt: time.nullable(),
  /** since when an alarm has been ringing without a pause */
  alarmingSince: time.nullable().optional(),
  ignoreAlarms: z.boolean().optional(),
  /** last step of whoever looks: a machine that is gone is started again */
  lookedAt: time.optional(),
})
export type RolloutRow = z.infer<typeof rolloutRowSchema>
