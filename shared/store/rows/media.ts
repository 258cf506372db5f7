import * as z from 'zod'
import { owned, sealedSchema, time } from './fields.ts'
import { failureSchema } from './message.ts'

export const MEDIA_STATUSES = ['uploading', 'pending', 'stored', 'unavailable'] as const

/** A file in the media bucket, or one that is on its way there. */
export const mediaRowSchema = z.object({
  v: z.literal(1),
  ...owned,
  id: z.string(),
  /** the session that received it, or that it is fetched for; null: uploaded */
  sessionId: z.string().nullable(),
  /** inbound: the message that brought it */
  messageId: z.string().nullable(),
  source: z.enum(['upload', 'url', 'inbound']),
  status: z.enum(MEDIA_STATUSES),
  mimetype: z.string(),
  /** announced until it is stored, then counted */
  sizeBytes: z.number().int().nullable(),
  /** hex; announced until it is stored */
  sha256: z.string().nullable(),
  /** largest size that is taken */
  maximumBytes: z.number().int(),
  width: z.number().int().nullable(),
  height: z.number().int().nullable(),
  animated: z.boolean().nullable(),
  /** the first bytes are those of Opus in Ogg */
  opus: z.boolean().nullable(),
  /** sealed JSON {fileName?, url?} */
  details: sealedSchema,
  failure: failureSchema.nullable(),
  createdAt: time,
  /** the bucket's lifecycle removes it about then; nobody may use it after */
  expiresAt: time,
})
export type MediaRow = z.infer<typeof mediaRowSchema>
