import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import { toEnvelope } from '../../shared/events/envelope.ts'
import type { DeliveryHint } from '../../shared/events/queue-envelopes.ts'
import type { AttemptOutcome } from '../../shared/store/deliveries.ts'
import { Deliveries } from '../../shared/store/deliveries.ts'
import { EndpointHealths } from '../../shared/store/endpoint-health.ts'
import { Endpoints } from '../../shared/store/endpoints.ts'
import { Events } from '../../shared/store/events.ts'
import { eventDataPlace } from '../../shared/store/places.ts'
import type { EventRow } from '../../shared/store/rows/message.ts'
import type { DeliveryRow, EndpointRow } from '../../shared/store/rows/webhook.ts'
import type { PostResult } from '../../shared/webhooks/post-webhook.ts'
import { bodyOf, makeWebhookRequest, type WebhookRequest } from '../../shared/webhooks/webhook-request.ts'
import { type Admission, admit } from './admit.ts'
import { concludeForEndpoint, exhaustedEvent } from './conclude.ts'
import { decide } from './decide.ts'
import { hintOf } from './delivery-hint.ts'
import type { DeliverDependencies } from './dependencies.ts'
import { isOrdered, ringNext } from './session-order.ts'

const POST_DEADLINE_MS = 15_000
/** The claim outlives the POST and the writes after it; then another attempt may start. */
const CLAIM_MS = 45_000

export interface DeliverReport {
  readonly outcome: Exclude<Admission['kind'], 'go'> | AttemptOutcome['status']
  readonly delivery: DeliveryRow | null
  readonly result: PostResult | null
}

/** Longest delay that the queue itself can carry; later attempts are found by the sweeper through the due index. */
const QUEUE_DELAY_LIMIT_SECONDS = 900

/**
 * Admit, claim, POST, record (platform-facts §1.5). Errors before the POST are ours and throw: the record comes again. The
 * receiver's failures never throw. Errors after the POST throw too; the claim stops a second POST until it runs out.
 */
export const deliver = async (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  hint: DeliveryHint,
): Promise<DeliverReport> => {
  const { tables, now } = dependencies
  const deliveries = new Deliveries(tables, scope)
  const [endpoint, standing] = await Promise.all([
    new Endpoints(tables, scope).get(hint.endpointId),
    deliveries.get(hint),
  ])
  if (!standing) return { outcome: 'notOurs', delivery: null, result: null }
  const [event, health] = await Promise.all([
    new Events(tables, scope).get(standing),
    new EndpointHealths(tables, scope).get(hint.endpointId),
  ])
  if (!event) return { outcome: await endWithoutEvent(deliveries, standing, now()), delivery: standing, result: null }
  const admission = await admit(dependencies, scope, endpoint, standing, health)
  if (admission.kind !== 'go' || !endpoint)
    return { outcome: admission.kind === 'go' ? 'notOurs' : admission.kind, delivery: standing, result: null }
  const startedAt = now()
  const delivery = await deliveries.claim(hint, startedAt, startedAt + CLAIM_MS)
  if (!delivery) return { outcome: 'notOurs', delivery: standing, result: null }
  const [request] = await Promise.all([
    buildRequest(dependencies, scope, endpoint, event, startedAt),
    // Before the POST leaves: none is made that is not counted, wherever this process dies.
    dependencies.count(scope, startedAt),
  ])
  const result = await dependencies.post({ ...request, deadlineMs: POST_DEADLINE_MS })
  return record(dependencies, scope, { endpoint, delivery, request, result, isProbe: admission.isProbe })
}

const record = async (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  made: {
    endpoint: EndpointRow
    delivery: DeliveryRow
    request: WebhookRequest
    result: PostResult
    isProbe: boolean
  },
): Promise<DeliverReport> => {
  const { delivery, endpoint, result } = made
  const { tables, now } = dependencies
  const outcome = decide({ ...made, policy: endpoint.retry }, now(), dependencies.random())
  const event =
    outcome.status === 'exhausted' ? await exhaustedEvent(dependencies, scope, delivery, delivery.attempts) : null
  const recorded = await new Deliveries(tables, scope).record(
    delivery,
    outcome,
    event ? [new Events(tables, scope).controlLeg(event)] : [],
  )
  if (event && recorded) await dependencies.publish([event])
  if (recorded && outcome.nextAttemptAt !== null) {
    const delaySeconds = Math.ceil((outcome.nextAttemptAt - now()) / 1000)
    if (delaySeconds <= QUEUE_DELAY_LIMIT_SECONDS) await dependencies.enqueue(hintOf(delivery), delaySeconds)
  }
  if (recorded && isSettled(outcome) && isOrdered(endpoint, delivery)) await ringNext(dependencies, scope, delivery)
  if (recorded) await concludeForEndpoint(dependencies, scope, endpoint, result, made.isProbe)
  return { outcome: recorded ? outcome.status : 'notOurs', delivery, result }
}

/** The event was older than the plan keeps it, or went with its session: there is nothing to send any more. */
const endWithoutEvent = async (
  deliveries: Deliveries,
  delivery: DeliveryRow,
  now: number,
): Promise<'expired' | 'notOurs'> => ((await deliveries.settle(delivery, 'expired', now)) ? 'expired' : 'notOurs')

const isSettled = ({ status }: AttemptOutcome): boolean => status === 'delivered' || status === 'exhausted'

const buildRequest = async (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  endpoint: EndpointRow,
  event: EventRow,
  at: number,
): Promise<WebhookRequest> => {
  const data = await dependencies.tenantKeys.open(scope, eventDataPlace(event.id), event.data)
  const body = bodyOf(endpoint, toEnvelope(event, data))
  return makeWebhookRequest(dependencies.tenantKeys, scope, endpoint, { id: event.id, body }, at)
}
