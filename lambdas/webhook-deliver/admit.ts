import { admitAttempt } from '../../shared/core/endpoint-breaker.ts'
import { rateOf } from '../../shared/core/endpoint-rate.ts'
import { timeOfId } from '../../shared/core/ids.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import { Deliveries } from '../../shared/store/deliveries.ts'
import { type EndpointHealth, EndpointHealths } from '../../shared/store/endpoint-health.ts'
import type { DeliveryRow, EndpointRow } from '../../shared/store/rows/webhook.ts'
import { hintOf } from './delivery-hint.ts'
import type { DeliverDependencies } from './dependencies.ts'
import { isOrdered, ringNext, waitsUntil } from './session-order.ts'

export type Admission =
  | { readonly kind: 'go'; readonly isProbe: boolean }
  | { readonly kind: 'held' | 'expired' | 'canceled' | 'postponed' | 'notOurs' }

const ASK_AGAIN_MS = 20_000

/**
 * May this delivery be posted now? Endpoint's status, age of the event, order, breaker, rate: in this order. What may not is
 * parked where it can be seen (held, expired, canceled) or waits for its slot.
 */
export const admit = async (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  endpoint: EndpointRow | null,
  delivery: DeliveryRow,
  health: EndpointHealth,
): Promise<Admission> => {
  const { tables } = dependencies
  const now = dependencies.now()
  const deliveries = new Deliveries(tables, scope)
  const isDue =
    delivery.status === 'inFlight'
      ? (delivery.leaseUntil ?? 0) <= now
      : (delivery.status === 'pending' || delivery.status === 'retrying') && (delivery.nextAttemptAt ?? 0) <= now
  const isWaiting = delivery.status === 'pending' || delivery.status === 'retrying'
  if (!endpoint) return done(isDue || isWaiting, 'canceled', () => deliveries.settle(delivery, 'canceled', now))
  if (endpoint.status !== 'active') {
    const reason = endpoint.status
    return done(isDue || isWaiting, 'held', () => deliveries.hold(delivery, reason, now))
  }
  if (!isDue) return { kind: 'notOurs' }
  if (isTooOld(endpoint, delivery, now)) {
    const expired = await done(true, 'expired', () => deliveries.settle(delivery, 'expired', now))
    if (isOrdered(endpoint, delivery)) await ringNext(dependencies, scope, delivery)
    return expired
  }
  if (await waitsItsTurn(dependencies, scope, endpoint, delivery)) return { kind: 'postponed' }
  const gate = await passBreaker(dependencies, scope, endpoint.id, health, delivery)
  if (gate === 'hold') return done(true, 'held', () => deliveries.hold(delivery, 'failing', now))
  if (gate === 'go' && !(await takeSlot(dependencies, scope, endpoint, health, delivery))) return { kind: 'postponed' }
  return { kind: 'go', isProbe: gate === 'probe' }
}

/**
 * Ordered endpoints only. The wait is written first and looked at again after it: one that was settled in between has rung
 * us before we were waiting.
 */
const waitsItsTurn = async (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  endpoint: EndpointRow,
  delivery: DeliveryRow,
): Promise<boolean> => {
  // A claim that ran out had its turn already.
  if (!isOrdered(endpoint, delivery) || delivery.status === 'inFlight') return false
  const until = await waitsUntil(dependencies, scope, endpoint, delivery)
  if (until === null) return false
  const deliveries = new Deliveries(dependencies.tables, scope)
  await deliveries.postpone(delivery, until, null)
  if ((await waitsUntil(dependencies, scope, endpoint, delivery)) !== null) return true
  await deliveries.postpone(delivery, dependencies.now(), null)
  return false
}

const done = async (
  applies: boolean,
  kind: 'held' | 'expired' | 'canceled',
  write: () => Promise<boolean>,
): Promise<Admission> => ({ kind: applies && (await write()) ? kind : 'notOurs' })

const isTooOld = (endpoint: EndpointRow, delivery: DeliveryRow, now: number): boolean =>
  endpoint.maxAgeSeconds !== null &&
  !delivery.manual &&
  delivery.replayId === null &&
  now - (timeOfId(delivery.eventId) ?? delivery.createdAt) > endpoint.maxAgeSeconds * 1000

/** While the breaker is open one delivery at a time goes out as a probe; what a person asked for goes out too. */
const passBreaker = async (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  endpointId: string,
  health: EndpointHealth,
  delivery: DeliveryRow,
): Promise<'go' | 'probe' | 'hold'> => {
  if (delivery.manual && health.breaker.state === 'open') return 'probe'
  const admitted = admitAttempt(health.breaker, dependencies.now())
  if (admitted.kind === 'go' || admitted.kind === 'hold') return admitted.kind
  const healths = new EndpointHealths(dependencies.tables, scope)
  return (await healths.replace(endpointId, health, { ...health, breaker: admitted.after })) ? 'probe' : 'hold'
}

/** True: go now. A slot in the future is written on the delivery, which comes back for it. */
const takeSlot = async (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  endpoint: EndpointRow,
  health: EndpointHealth,
  delivery: DeliveryRow,
): Promise<boolean> => {
  const now = dependencies.now()
  if (delivery.slotAt !== null && delivery.slotAt <= now) return true
  const rate = rateOf(health.rate, endpoint.ratePerSecond)
  const slotAt = await new EndpointHealths(dependencies.tables, scope).takeSlot(endpoint.id, now, rate)
  if (slotAt !== null && slotAt <= now) return true
  const at = slotAt ?? now + Math.ceil(ASK_AGAIN_MS * (1 + dependencies.random()))
  // A claim that ran out keeps its lease as due time: the sweeper or this ring finds it.
  if (delivery.status !== 'inFlight') await new Deliveries(dependencies.tables, scope).postpone(delivery, at, slotAt)
  await dependencies.enqueue(hintOf(delivery), Math.ceil((at - now) / 1000))
  return false
}
