import * as z from 'zod'
import { TenantScope } from '../core/tenant-scope.ts'
import { modeSchema } from '../store/rows/fields.ts'

/** Bodies of queue messages. Every one is a hint with ids; the rows are the truth. Versioned: old and new run together. */
const scoped = { v: z.literal(1), tenantId: z.string(), mode: modeSchema }

export const eventRefSchema = z.object({
  ...scoped,
  sessionId: z.string().nullable(),
  eventId: z.string(),
  sequence: z.number().int().nullable(),
  day: z.string(),
  type: z.string(),
})

/** What the EventBridge rule puts into the fan-out queue. */
export const busEventSchema = z.object({ detail: eventRefSchema })

export const deliveryHintSchema = z.object({
  ...scoped,
  endpointId: z.string(),
  day: z.string(),
  eventId: z.string(),
  generation: z.number().int(),
})
export type DeliveryHint = z.infer<typeof deliveryHintSchema>

/** Look at an endpoint: its probe is due, or held deliveries are to be let go. */
export const wakeHintSchema = z.object({ ...scoped, kind: z.literal('wake'), endpointId: z.string() })
/** Go on with a replay. */
export const replayHintSchema = z.object({
  ...scoped,
  kind: z.literal('replay'),
  endpointId: z.string(),
  replayId: z.string(),
})
/** What the deliver queue carries; a delivery has no kind (older writers). */
export const pipelineHintSchema = z.union([wakeHintSchema, replayHintSchema, deliveryHintSchema])
export type WakeHint = z.infer<typeof wakeHintSchema>
export type ReplayHint = z.infer<typeof replayHintSchema>
export type PipelineHint = z.infer<typeof pipelineHintSchema>

/** The scope of a parsed envelope. */
export const scopeOf = (envelope: { tenantId: string; mode: 'live' | 'test' }): TenantScope =>
  TenantScope.fromVerified('envelope', envelope)
