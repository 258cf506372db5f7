import * as z from 'zod'
import type { IdPrefix } from '../core/ids.ts'

const ULID = '[0-9A-HJKMNP-TV-Z]{26}'
const EXAMPLE_ULID = '01KAJ8V1T4ZC9Y0M2N3P4Q5R6S'

/**
 * A resource id in a path or a body. Deliberately only a length check: a text that cannot be an id gets the same 404 as
 * an id that does not exist.
 */
export const idParameter = (prefix: IdPrefix) =>
  z
    .string()
    .min(1)
    .max(64)
    .meta({ example: `${prefix}_${EXAMPLE_ULID}` })

/** A resource id in an answer. */
export const idOutput = (prefix: IdPrefix) =>
  z.string().meta({ pattern: `^${prefix}_${ULID}$`, example: `${prefix}_${EXAMPLE_ULID}` })

export const isoTime = z.string().meta({ format: 'date-time', example: '2026-11-21T10:00:00.000Z' })
export const modeSchema = z.enum(['live', 'test']).meta({ description: 'live or test; data of the two never mix' })

const METADATA_KEYS = 50

/** Customer's own key-value pairs, kept as they are. */
export const metadataSchema = z
  .record(z.string().min(1).max(40), z.string().max(500))
  .refine((value) => Object.keys(value).length <= METADATA_KEYS, `At most ${METADATA_KEYS} keys`)
  .meta({
    description: 'Your own key-value pairs: at most 50, keys ≤ 40, values ≤ 500 characters',
    example: { order: '4711' },
  })

export const nameSchema = z.string().trim().min(1).max(100)

/** Query of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(25),
  cursor: z.string().min(1).max(8192).optional().meta({ description: 'nextCursor of the page before' }),
}

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable(), hasMore: z.boolean() })

/** Body of operations that need none: an empty body or {}. */
export const emptyBody = z.strictObject({})

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string(),
    param: z.string().optional(),
    requestId: z.string(),
    retryable: z.boolean(),
    docUrl: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' })
