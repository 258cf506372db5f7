import * as z from 'zod'
import { TenantScope } from '../core/tenant-scope.ts'
import { modeSchema } from '../store/rows.ts'

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

/** The scope of a parsed envelope. */
export const scopeOf = (envelope: { tenantId: string; mode: 'live' | 'test' }): TenantScope =>
  TenantScope.fromVerified('envelope', envelope)
