import * as z from 'zod'
import { GetSecretValueCommand, type SecretsManagerClient } from '../aws/secrets-manager.ts'

const CACHE_TTL_MS = 5 * 60_000

const platformSecretSchema = z.object({
  /** key of the HMAC over API keys and of signed cursors; version 1 of the pepper */
  pepper: z.string().min(16),
  /** hex; see makeAdminKey in shared/core/api-key.ts */
  adminKeyHashes: z.array(z.string()),
})
export type PlatformSecret = z.infer<typeof platformSecretSchema>

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
