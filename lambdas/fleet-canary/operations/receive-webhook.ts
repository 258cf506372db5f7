import { createHmac, timingSafeEqual } from 'node:crypto'

const TOLERANCE_SECONDS = 300

export interface UrlAnswer {
  readonly statusCode: number
  readonly body: string
}

/**
 * The customer's side of the round trip: takes what is signed with the endpoint's secret (Standard Webhooks) and nothing
 * else. A delivery counts as delivered only by this answer.
 * @param body the raw bytes as text, exactly as they were signed
 */
export const receiveWebhook = (
  input: { headers: Readonly<Record<string, string | undefined>>; body: string },
  secret: string | null,
  nowSeconds: number,
): UrlAnswer => {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = input.headers
  if (!secret || !id || !timestamp || !signatures) return { statusCode: 401, body: 'not signed' }
  if (Math.abs(nowSeconds - Number(timestamp)) > TOLERANCE_SECONDS) return { statusCode: 401, body: 'too old' }
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${input.body}`).digest()
  const isSigned = signatures.split(' ').some((part) => {
    const [version, signature = ''] = part.split(',')
    const given = Buffer.from(signature, 'base64')
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected)
  })
  return isSigned ? { statusCode: 200, body: 'ok' } : { statusCode: 401, body: 'wrong signature' }
}
