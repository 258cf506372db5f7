import type { FleetlineEvent } from './events.ts'

const PREFIX = 'whsec_'
const DEFAULT_TOLERANCE_SECONDS = 300

/** The request is not from Fleetline, was changed on the way, or is too old. Answer 400. */
export class WebhookVerificationError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'WebhookVerificationError'
  }
}

export interface WebhookRequest {
  /** exactly the bytes that came, before any JSON parser */
  readonly body: string | Uint8Array
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>
  /** whsec_…; several while you rotate: any of them may match */
  readonly secret: string | readonly string[]
  /** how far the clocks may differ and how old a request may be; default 300 */
  readonly toleranceSeconds?: number
}

/**
 * Verifies a webhook request (Standard Webhooks, v1) and returns its event. Use `event.id` as your idempotency key:
 * retries and replays carry the same one.
 * @throws WebhookVerificationError
 */
export const verifyWebhook = async (request: WebhookRequest): Promise<FleetlineEvent> => {
  const id = headerOf(request.headers, 'webhook-id')
  const timestamp = headerOf(request.headers, 'webhook-timestamp')
  const signatures = headerOf(request.headers, 'webhook-signature')
  if (!id || !timestamp || !signatures)
    throw new WebhookVerificationError('webhook-id, webhook-timestamp or webhook-signature is missing')
  const ageSeconds = Math.abs(Date.now() / 1000 - Number(timestamp))
  // Also refuses what is not a number.
  if (!(ageSeconds <= (request.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS)))
    throw new WebhookVerificationError('webhook-timestamp is too far from now')
  const body = typeof request.body === 'string' ? new TextEncoder().encode(request.body) : request.body
  const head = new TextEncoder().encode(`${id}.${timestamp}.`)
  const signed = new Uint8Array(head.length + body.length)
  signed.set(head)
  signed.set(body, head.length)
  const secrets = typeof request.secret === 'string' ? [request.secret] : request.secret
  for (const secret of secrets)
    if (await matches(secret, signed, signatures)) return JSON.parse(new TextDecoder().decode(body)) as FleetlineEvent
  throw new WebhookVerificationError('no signature matches')
}

const matches = async (secret: string, signed: Uint8Array<ArrayBuffer>, signatures: string): Promise<boolean> => {
  const bytes = decodeBase64(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret)
  if (!bytes || bytes.length === 0) throw new TypeError('the webhook secret must be whsec_ and base64')
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await globalThis.crypto.subtle.importKey('raw', bytes, algorithm, false, ['verify'])
  for (const part of signatures.split(' ')) {
    const [version, text = ''] = part.split(',')
    const signature = version === 'v1' ? decodeBase64(text) : null
    // subtle.verify compares in constant time.
    if (signature && (await globalThis.crypto.subtle.verify('HMAC', key, signature, signed))) return true
  }
  return false
}

/** Null when the text is not base64. */
const decodeBase64 = (text: string): Uint8Array<ArrayBuffer> | null => {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}

const headerOf = (headers: WebhookRequest['headers'], name: string): string | null => {
  if (headers instanceof Headers) return headers.get(name)
  for (const [key, value] of Object.entries(headers)) {
    if (key.toLowerCase() !== name) continue
    return typeof value === 'string' ? value : (value?.[0] ?? null)
  }
  return null
}
