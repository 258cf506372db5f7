import { randomBytes } from 'node:crypto'
import { SECRET_PREFIX, webhookPublicKeyOf } from '../core/webhook-signature.ts'
import type { EndpointRow } from '../store/rows/webhook.ts'

const SECRET_BYTES = 32
const MAXIMUM_LIVE = 3

export const newWebhookSecret = (): string => `${SECRET_PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`

/** The new secret first; older ones end with the overlap or earlier, at most three sign. */
export const rotateSecrets = (
  secrets: EndpointRow['secrets'],
  secret: Pick<EndpointRow['secrets'][number], 'sealed' | 'publicKey'>,
  now: number,
  overlapSeconds: number,
): EndpointRow['secrets'] => {
  const endsAt = now + overlapSeconds * 1000
  const older = secrets
    .map((secret) => ({ ...secret, expiresAt: Math.min(secret.expiresAt ?? endsAt, endsAt) }))
    .filter((secret) => secret.expiresAt > now)
  return [{ ...secret, createdAt: now, expiresAt: null }, ...older].slice(0, MAXIMUM_LIVE)
}

/** Public keys for secrets that have none yet: rows from before Ed25519. @param open gives the `whsec_…` of a secret */
export const withPublicKeys = (
  secrets: EndpointRow['secrets'],
  open: (sealed: EndpointRow['secrets'][number]['sealed']) => Promise<string>,
): Promise<EndpointRow['secrets']> =>
  Promise.all(
    secrets.map(async (secret) => ({
      ...secret,
      publicKey: secret.publicKey ?? webhookPublicKeyOf(await open(secret.sealed)),
    })),
  )
