import type { CanaryMemory, CanarySecret } from '../canary-secret.ts'
import { type TenantApi, TenantApiError } from '../tenant-api.ts'

export interface CanaryContext {
  readonly api: TenantApi
  readonly memory: CanaryMemory
  /** where the canary receives its own webhooks */
  readonly receiveUrl: string
  readonly now: () => number
  readonly sleep: (milliseconds: number) => Promise<void>
}

/** Numbers that exist in the simulator alone. */
const PHONE = '+5511977770001'
const CONTACT = '+5511977770002'
const EVENT_TYPE = 'message.sent'
const ASK_EVERY_MS = 500
const PATIENCE_MS = 45_000
/** Before these a phone has to scan. */
const UNLINKED = ['created', 'linking', 'loggedOut', 'failed']

export type RoundTrip =
  | { readonly outcome: 'ok'; readonly sentMs: number; readonly roundTripMs: number }
  | { readonly outcome: 'failed'; readonly step: Step; readonly reason: string }
type Step = 'session' | 'endpoint' | 'accept' | 'send' | 'webhook'

/** One message through everything a tenant uses: API, session, server, event, signed webhook, ledger. Never throws. */
export const roundTrip = async (context: CanaryContext, secret: CanarySecret): Promise<RoundTrip> => {
  const deadline = context.now() + PATIENCE_MS
  let step: Step = 'session'
  try {
    const linked = await ensureSession(context, secret, deadline)
    step = 'endpoint'
    const ready = await ensureEndpoint(context, linked)
    step = 'accept'
    const startedAt = context.now()
    // The same minute is the same message: a tick that is done twice sends once.
    const minute = Math.floor(startedAt / 60_000)
    const message = await context.api.call(
      'POST',
      '/v1/messages',
      { sessionId: ready.sessionId, to: CONTACT, type: 'text', text: { body: `canary ${minute}` } },
      { 'idempotency-key': `canary-${minute}` },
    )
    step = 'send'
    await until(context, deadline, `message ${message.id} is not sent`, async () =>
      ['sent', 'delivered', 'read'].includes((await context.api.call('GET', `/v1/messages/${message.id}`)).status),
    )
    const sentMs = context.now() - startedAt
    step = 'webhook'
    await until(context, deadline, `no delivered webhook of ${message.id}`, () =>
      isDelivered(context, ready, message.id),
    )
    return { outcome: 'ok', sentMs, roundTripMs: context.now() - startedAt }
  } catch (error) {
    return { outcome: 'failed', step, reason: (error as Error).message }
  }
}

const until = async (
  { now, sleep }: CanaryContext,
  deadline: number,
  otherwise: string,
  ask: () => Promise<boolean>,
): Promise<void> => {
  while (!(await ask())) {
    if (now() > deadline) throw new Error(otherwise)
    await sleep(ASK_EVERY_MS)
  }
}

const ensureSession = async (
  context: CanaryContext,
  secret: CanarySecret,
  deadline: number,
): Promise<CanarySecret & { sessionId: string }> => {
  const { api, memory } = context
  const known = secret.sessionId ? await orNull(api.call('GET', `/v1/sessions/${secret.sessionId}`)) : null
  const session = known ?? (await api.call('POST', '/v1/sessions', { name: 'canary' }))
  const linked = { ...secret, sessionId: session.id as string }
  if (session.id !== secret.sessionId) await memory.write(linked)
  const statusOf = async () => (await api.call('GET', `/v1/sessions/${session.id}`)).status as string
  if (UNLINKED.includes(session.status)) {
    await api.call('POST', `/v1/sessions/${session.id}/link`, { method: 'qr' })
    await until(context, deadline, 'no QR to scan', async () => {
      const scanned = api.call('POST', `/v1/test/sessions/${session.id}/scan`, { phone: PHONE })
      return (await orNull(scanned, 404, 409)) !== null || !UNLINKED.includes(await statusOf())
    })
  }
  await until(context, deadline, 'the session is not connected', async () => (await statusOf()) === 'connected')
  return linked
}

/** A new address (a new stack) or a lost secret gets a new endpoint; the old one goes. */
const ensureEndpoint = async (
  { api, memory, receiveUrl }: CanaryContext,
  secret: CanarySecret & { sessionId: string },
): Promise<CanarySecret & { sessionId: string; endpoint: NonNullable<CanarySecret['endpoint']> }> => {
  const { endpoint } = secret
  const known = endpoint ? await orNull(api.call('GET', `/v1/webhook-endpoints/${endpoint.id}`)) : null
  if (endpoint && known?.status === 'active' && endpoint.url === receiveUrl) return { ...secret, endpoint }
  const made = await api.call('POST', '/v1/webhook-endpoints', {
    url: receiveUrl,
    events: [EVENT_TYPE],
    sessions: [secret.sessionId],
    retry: 'none',
    description: 'canary',
  })
  const ready = { ...secret, endpoint: { id: made.id, url: receiveUrl, secret: made.secret } }
  await memory.write(ready)
  if (known) await orNull(api.call('DELETE', `/v1/webhook-endpoints/${endpoint!.id}`))
  return ready
}

/** The ledger names events; the event names the message. */
const isDelivered = async (
  { api }: CanaryContext,
  { endpoint }: { endpoint: { id: string } },
  messageId: string,
): Promise<boolean> => {
  const path = `/v1/webhook-endpoints/${endpoint.id}/deliveries?status=delivered&type=${EVENT_TYPE}&limit=5`
  const { data } = await api.call('GET', path)
  for (const { eventId } of data as { eventId: string }[]) {
    const event = await api.call('GET', `/v1/events/${eventId}`)
    if (JSON.stringify(event).includes(messageId)) return true
  }
  return false
}

/** Null for "not there (yet)"; other answers are failures. */
const orNull = async <T>(call: Promise<T>, ...statuses: number[]): Promise<T | null> => {
  try {
    return await call
  } catch (error) {
    if (error instanceof TenantApiError && [404, ...statuses].includes(error.status)) return null
    throw error
  }
}
