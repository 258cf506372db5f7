import { createHmac } from 'node:crypto'

export const SECRET_PREFIX = 'whsec_'

/**
 * Standard Webhooks 1.0.0: `v1,` + base64(HMAC-SHA256(secret, id.timestamp.body)), one per live secret, space separated.
 * @param secrets `whsec_` + base64 each
 * @param timestampSeconds of this attempt
 * @param body the exact bytes that are sent
 */
export const signWebhook = (input: {
  secrets: readonly string[]
  webhookId: string
  timestampSeconds: number
  body: string
}): string =>
  input.secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
      const signed = `${input.webhookId}.${input.timestampSeconds}.${input.body}`
      return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
    })
    .join(' ')
