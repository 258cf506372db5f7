import { newId } from '../../shared/core/ids.ts'
import { nextAttempt, parseRetryAfter } from '../../shared/core/retry-schedule.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import { signWebhook } from '../../shared/core/webhook-signature.ts'
import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { toEnvelope } from '../../shared/events/envelope.ts'
import type { DeliveryHint } from '../../shared/events/queue-envelopes.ts'
import { type AttemptOutcome, Deliveries } from '../../shared/store/deliveries.ts'
import { Endpoints } from '../../shared/store/endpoints.ts'
import { Events } from '../../shared/store/events.ts'
import { endpointSecretPlace, eventDataPlace } from '../../shared/store/places.ts'
import type { DeliveryRow, EndpointRow } from '../../shared/store/rows.ts'
import type { Tables } from '../../shared/store/tables.ts'
import type { PostResult, postWebhook } from './post-webhook.ts'

const POST_DEADLINE_MS = 15_000
/** The claim outlives the POST and the writes after it; then another attempt may start. */
const CLAIM_MS = 45_000
const GONE = 410

export interface DeliverDependencies {
  readonly tables: Tables
  readonly tenantKeys: TenantKeys
  readonly post: (input: Omit<Parameters<typeof postWebhook>[0], 'dispatcher'>) => Promise<PostResult>
  /** rings the deliver queue again after a short delay */
  readonly enqueue: (hint: DeliveryHint, delaySeconds: number) => Promise<unknown>
  readonly now: () => number
  readonly random: () => number
}

export interface DeliverReport {
  readonly outcome: 'notOurs' | 'held' | 'dropped' | AttemptOutcome['status']
  readonly delivery: DeliveryRow | null
  readonly result: PostResult | null
}

/** Longest delay that the queue itself can carry; later attempts are found by the sweeper through the due index. */
const QUEUE_DELAY_LIMIT_SECONDS = 900

/**
 * Claim, POST, record (platform-facts §1.5). Errors before the POST are ours and throw: the record comes again. The
 * receiver's failures never throw. Errors after the POST throw too; the claim stops a second POST until it runs out.
 */
export const deliver = async (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  hint: DeliveryHint,
): Promise<DeliverReport> => {
  const { tables, now } = dependencies
  const deliveries = new Deliveries(tables, scope)
  const endpoint = await new Endpoints(tables, scope).get(hint.endpointId)
  const standing = await deliveries.get(hint)
  if (!standing) return { outcome: 'notOurs', delivery: null, result: null }
  if (endpoint?.status !== 'active') {
    await deliveries.hold(standing)
    return { outcome: 'held', delivery: standing, result: null }
  }
  const startedAt = now()
  const delivery = await deliveries.claim(hint, startedAt, startedAt + CLAIM_MS)
  if (!delivery) return { outcome: 'notOurs', delivery: standing, result: null }
  const request = await buildRequest(dependencies, scope, endpoint, delivery, startedAt)
  const result = await dependencies.post({ ...request, deadlineMs: POST_DEADLINE_MS })
  const outcome = decide(delivery, result, now(), dependencies.random())
  if (result.httpStatus === GONE)
    await new Endpoints(tables, scope).update(endpoint.id, {
      status: 'disabled',
      statusReason: 'The receiver answered 410 Gone',
    })
  const recorded = await deliveries.record(delivery, outcome)
  if (recorded && outcome.nextAttemptAt !== null) {
    const delaySeconds = Math.ceil((outcome.nextAttemptAt - now()) / 1000)
    if (delaySeconds <= QUEUE_DELAY_LIMIT_SECONDS) await dependencies.enqueue(hint, delaySeconds)
  }
  return { outcome: recorded ? outcome.status : 'notOurs', delivery, result }
}

const buildRequest = async (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  endpoint: EndpointRow,
  delivery: DeliveryRow,
  at: number,
): Promise<{ url: string; headers: Record<string, string>; body: string }> => {
  const event = await new Events(dependencies.tables, scope).get(delivery)
  if (!event) throw new Error(`event ${delivery.eventId} has a delivery but no row`)
  const data = await dependencies.tenantKeys.open(scope, eventDataPlace(event.id), event.data)
  const body = JSON.stringify(toEnvelope(event, data))
  const live = endpoint.secrets.filter((secret) => secret.expiresAt === null || secret.expiresAt > at)
  const secrets = await Promise.all(
    live.map(async (secret) =>
      String(await dependencies.tenantKeys.open(scope, endpointSecretPlace(endpoint.id), secret.sealed)),
    ),
  )
  const timestampSeconds = Math.floor(at / 1000)
  return {
    url: endpoint.url,
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Fleetline-Webhooks/1',
      'webhook-id': event.id,
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature': signWebhook({ secrets, webhookId: event.id, timestampSeconds, body }),
    },
  }
}

/** What follows from an attempt: pure. */
export const decide = (delivery: DeliveryRow, result: PostResult, at: number, random: number): AttemptOutcome => {
  const attempt = {
    v: 1 as const,
    id: newId('att', at),
    deliveryId: delivery.id,
    number: delivery.attempts,
    at,
    durationMs: result.durationMs,
    httpStatus: result.httpStatus,
    error: result.error,
    responseBody: result.responseBody,
  }
  if (result.error === null) return { status: 'delivered', nextAttemptAt: null, attempt }
  if (result.httpStatus === GONE) return { status: 'held', nextAttemptAt: null, attempt }
  const next = nextAttempt(
    {
      attempts: delivery.attempts,
      httpStatus: result.httpStatus,
      timedOut: result.error === 'timeout',
      retryAfterSeconds: parseRetryAfter(result.retryAfter, at),
    },
    random,
  )
  if (next.kind === 'exhausted') return { status: 'exhausted', nextAttemptAt: null, attempt }
  return { status: 'retrying', nextAttemptAt: at + next.delaySeconds * 1000, attempt }
}
