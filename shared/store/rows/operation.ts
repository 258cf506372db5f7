import * as z from 'zod'
import { OPERATION_STATUSES } from '../../core/operation-kinds.ts'
import { owned, sealedSchema, time } from './fields.ts'
import { failureSchema } from './message.ts'

/** A command with an answer (protocol §9). */
export const operationRowSchema = z.object({
  v: z.literal(1),
  ...owned,
  id: z.string(),
  sessionId: z.string(),
  /** a kind of shared/core/operation-kinds.ts; a row of a later version may name one that is not known here */
  kind: z.string(),
  status: z.enum(OPERATION_STATUSES),
  /** sealed JSON of what was asked */
  input: sealedSchema,
  /** sealed, deflated JSON of the answer */
  result: sealedSchema.nullable(),
  failure: failureSchema.nullable(),
  requestHash: z.string(),
  createdAt: time,
  expiresAt: time,
  startedAt: time.nullable(),
  completedAt: time.nullable(),
  /** fencing and claiming, as of messages (protocol §6) */
  epoch: z.number().int(),
  claimToken: z.string().nullable(),
  attempts: z.number().int(),
  /** sort key of its OPENOP row */
  openKey: z.string(),
})
export type OperationRow = z.infer<typeof operationRowSchema>

export const openOperationRowSchema = z.object({ v: z.literal(1), operationId: z.string(), expiresAt: time })
export type OpenOperationRow = z.infer<typeof openOperationRowSchema> & { readonly sk: string }
