import * as z from 'zod'
import { GetSecretValueCommand, type SecretsManagerClient } from '../aws/secrets-manager.ts'

const CACHE_TTL_MS = 5 * 60_000

const platformSecretSchema = z.object({
  /** key of the HMAC over new API keys and of signed cursors: the newest version of the pepper */
  pepper: z.string().min(16),
  /** older versions, newest first: keys that were made under them go on working until they are rotated */
  previousPeppers: z.array(z.string().min(16)).max(5).optional(),
  /** hex; see makeAdminKey in shared/core/api-key.ts */
  adminKeyHashes: z.array(z.string()),
})
export type PlatformSecret = z.infer<typeof platformSecretSchema>

/** All versions of the pepper, newest first. */
export const peppersOf = (secret: PlatformSecret): readonly string[] => [
  secret.pepper,
  ...(secret.previousPeppers ?? []),
]

/** Number of the newest version, counted from 1. */
export const pepperVersionOf = (secret: PlatformSecret): number => peppersOf(secret).length

/** @param maximumAgeMs how old the answer may be; five minutes when not given */
export type SecretReader = (maximumAgeMs?: number) => Promise<PlatformSecret>

/** Reads the platform secret and remembers it. A failure is not remembered. */
export const makeSecretReader = (
  client: SecretsManagerClient,
  secretId: string,
  clock: () => number = Date.now,
): SecretReader => {
  let cached: { secret: Promise<PlatformSecret>; readAt: number } | null = null
  return (maximumAgeMs = CACHE_TTL_MS) => {
    if (cached && clock() - cached.readAt < maximumAgeMs) return cached.secret
    const secret = client
      .send(new GetSecretValueCommand({ SecretId: secretId }))
      .then(({ SecretString }) => platformSecretSchema.parse(JSON.parse(SecretString ?? '{}')))
    cached = { secret, readAt: clock() }
    secret.catch(() => {
      cached = null
    })
    return secret
  }
}
