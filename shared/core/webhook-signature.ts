import { createHmac, createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign } from 'node:crypto'

export const SECRET_PREFIX = 'whsec_'
const PUBLIC_KEY_PREFIX = 'whpk_'

/** hmac: `v1` only. hmacAndEd25519: `v1a` too, for receivers that must not hold anything that can sign. */
export const SIGNING_SCHEMES = ['hmac', 'hmacAndEd25519'] as const
export type SigningScheme = (typeof SIGNING_SCHEMES)[number]

const secretBytes = (secret: string): Buffer => Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')

/** DER head of a PKCS #8 Ed25519 private key (RFC 8410): the 32 bytes of the seed follow. */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')
const SEED_BYTES = 32

/**
 * The signing key comes from the secret: it is rotated, overlaps and ends with it, and there is nothing more to keep. Who
 * has the public key alone can sign nothing.
 */
const signingKeyOf = (secret: string): KeyObject => {
  const seed = hkdfSync('sha256', secretBytes(secret), '', 'fleetline webhook ed25519 v1', SEED_BYTES)
  return createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, Buffer.from(seed)]), format: 'der', type: 'pkcs8' })
}

/** `whpk_` + base64 of the 32 raw bytes (Standard Webhooks 1.0.0). @param secret `whsec_` + base64 */
export const webhookPublicKeyOf = (secret: string): string => {
  const { x } = createPublicKey(signingKeyOf(secret)).export({ format: 'jwk' })
  return `${PUBLIC_KEY_PREFIX}${Buffer.from(String(x), 'base64url').toString('base64')}`
}

/**
 * Standard Webhooks 1.0.0: `v1,` + base64(HMAC-SHA256(secret, id.timestamp.body)) for each live secret, and on request
 * `v1a,` + base64(Ed25519) for each; space separated. Receivers skip versions that they do not know.
 * @param secrets `whsec_` + base64 each
 * @param timestampSeconds of this attempt
 * @param body the exact bytes that are sent
 */
export const signWebhook = (input: {
  secrets: readonly string[]
  webhookId: string
  timestampSeconds: number
  body: string
  signing?: SigningScheme
}): string => {
  const signed = Buffer.from(`${input.webhookId}.${input.timestampSeconds}.${input.body}`)
  const hmac = input.secrets.map(
    (secret) => `v1,${createHmac('sha256', secretBytes(secret)).update(signed).digest('base64')}`,
  )
  if (input.signing !== 'hmacAndEd25519') return hmac.join(' ')
  const ed25519 = input.secrets.map((secret) => `v1a,${sign(null, signed, signingKeyOf(secret)).toString('base64')}`)
  return [...hmac, ...ed25519].join(' ')
}
