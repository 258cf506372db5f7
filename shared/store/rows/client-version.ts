import * as z from 'zod'
import { modeSchema, time } from './fields.ts'

export const clientVersionRowSchema = z.object({
  v: z.literal(1),
  mode: modeSchema,
  /** grows with every write: of two that decide on the same row only one is heard */
  revision: z.number().int(),
  version: z.string().nullable(),
  /** when an operator chose it; null: never */
  setAt: time.nullable(),
  refused: z.array(
    z.object({
      version: z.string(),
      sessions: z.array(z.object({ sessionId: z.string(), at: time })),
      heldUntil: time.nullable(),
    }),
  ),
})
export type ClientVersionRow = z.infer<typeof clientVersionRowSchema>
