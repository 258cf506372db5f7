import * as z from 'zod'
import { OUTBOUND_STATUSES } from '../../core/message-status.ts'
import { ENDED_STATUSES } from '../../core/usage-fold.ts'
import { owned, sealedSchema, time } from './fields.ts'

export const addressSchema = z.object({
  contactId: z.string().nullable(),
  phone: z.string().nullable(),
  lid: z.string().nullable(),
  jid: z.string().nullable(),
  kind: z.enum(['user', 'group', 'status', 'channel', 'unknown']),
})
export type Address = z.infer<typeof addressSchema>

export const failureSchema = z.object({ code: z.string(), message: z.string(), retryable: z.boolean() })
export type Failure = z.infer<typeof failureSchema>

export const messageRowSchema = z.object({
  v: z.literal(1),
  ...owned,
  id: z.string(),
  sessionId: z.string(),
  direction: z.enum(['outbound', 'inbound']),
  type: z.string(),
  status: z.enum([...OUTBOUND_STATUSES, 'received']),
  chat: addressSchema,
  from: addressSchema,
  to: addressSchema,
  /** sealed JSON of the type's own part, e.g. {"text":{"body":"Hello"}} */
  content: sealedSchema,
  metadata: z.record(z.string(), z.string()),
  whatsappId: z.string(),
  requestHash: z.string().nullable(),
  failure: failureSchema.nullable(),
  createdAt: time,
  /** not before this time, as the tenant asked; absent or null: at once */
  sendAt: time.nullish(),
  expiresAt: time.nullable(),
  sentAt: time.nullable(),
  deliveredAt: time.nullable(),
  readAt: time.nullable(),
  receivedAt: time.nullable(),
  delayedUntil: time.nullable(),
  retry: z.enum(['standard', 'atMostOnce']),
  /** fencing and claiming, see protocol §6 */
  epoch: z.number().int(),
  claimToken: z.string().nullable(),
  attempts: z.number().int(),
  /**
   * sealed wire form (encoded WhatsApp message): of an outbound one stored once before it goes out; of an inbound one when
   * its content does not say all of it (polls, files), to quote, open and forward it
   */
  proto: sealedSchema.optional(),
  /** its author changed its text, or deleted it for everyone; absent in older rows */
  editedAt: time.optional(),
  deletedAt: time.optional(),
  /** sort key of the OPEN row; null for inbound */
  openKey: z.string().nullable(),
})
export type MessageRow = z.infer<typeof messageRowSchema>

export const openRowSchema = z.object({
  v: z.literal(1),
  messageId: z.string(),
  notBefore: time,
  expiresAt: time,
  /** phone, LID or jid of the recipient: the pace is decided before the message is claimed. Absent in older rows */
  chat: z.string().optional(),
})
export type OpenRow = z.infer<typeof openRowSchema> & { readonly sk: string }

export const eventRowSchema = z.object({
  v: z.literal(1),
  ...owned,
  id: z.string(),
  type: z.string(),
  sessionId: z.string().nullable(),
  sequence: z.number().int().nullable(),
  timestamp: time,
  /** when the row was written first, which may be long after `timestamp`; absent in older rows */
  writtenAt: time.optional(),
  /** sealed JSON of the event's data */
  data: sealedSchema,
  /** endpoint that an operational event is about: it is told to the others only */
  aboutEndpointId: z.string().optional(),
  /** when its data was removed on request: `data` is a sealed null since then */
  expungedAt: time.optional(),
  /** what usage counts of a message's event, in clear: it is counted also when nobody can open `data` any more */
  counted: z
    .object({
      direction: z.string(),
      type: z.string(),
      mediaBytes: z.number(),
      after: z.enum(ENDED_STATUSES).nullable().optional(),
    })
    .optional(),
})
export type EventRow = z.infer<typeof eventRowSchema>
