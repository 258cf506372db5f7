import * as z from 'zod'

/**
 * Rows as they lie in DynamoDB. Times are epoch milliseconds, `v` is the version of the shape. A reader ignores fields it
 * does not know, so that old and new code run side by side during a deploy.
 */
export const modeSchema = z.enum(['live', 'test'])
export const time = z.number().int().nonnegative()
export const owned = { tenantId: z.string(), mode: modeSchema }

/** AES-256-GCM under the tenant's data key; `aad` binds it to its row (shared/crypto). Base64 text. */
export const sealedSchema = z.string().brand<'sealed'>()
export type Sealed = z.infer<typeof sealedSchema>
