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

/** Reads the platform secret, at most once per five minutes. A failure is not remembered. */
export const makeSecretReader = (
  client: SecretsManagerClient,
  secretId: string,
  clock: () => number = Date.now,
): (() => Promise<PlatformSecret>) => {
  let cached: { secret: Promise<PlatformSecret>; until: number } | null = null
  return () => {
    if (cached && cached.until > clock()) return cached.secret
    const secret = client
      .send(new GetSecretValueCommand({ SecretId: secretId }))
      .then(({ SecretString }) => platformSecretSchema.parse(JSON.parse(SecretString ?? '{}')))
    cached = { secret, until: clock() + CACHE_TTL_MS }
    secret.catch(() => {
      cached = null
    })
    return secret
  }
}
