import { presentDelivery, presentEndpoint } from '../../shared/contract/present.ts'
import { type BreakerSignal, recordAttempt } from '../../shared/core/endpoint-breaker.ts'
import { adaptRate } from '../../shared/core/endpoint-rate.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import { makeControlEvent } from '../../shared/events/control-events.ts'
import { type EndpointHealth, EndpointHealths } from '../../shared/store/endpoint-health.ts'
import { Endpoints } from '../../shared/store/endpoints.ts'
import { Events } from '../../shared/store/events.ts'
import type { EventRow } from '../../shared/store/rows/message.ts'
import type { DeliveryRow, EndpointRow } from '../../shared/store/rows/webhook.ts'
import { transact } from '../../shared/store/table.ts'
import type { PostResult } from '../../shared/webhooks/post-webhook.ts'
import { GONE, loadOf } from './decide.ts'
import type { DeliverDependencies } from './dependencies.ts'

/** Operational events do not tell of operational events: two broken endpoints would talk to each other for ever. */
export const exhaustedEvent = async (
  { tenantKeys, now }: DeliverDependencies,
  scope: TenantScope,
  delivery: DeliveryRow,
  attempts: number,
): Promise<EventRow | null> =>
  /^(endpoint|delivery)\./.test(delivery.eventType)
    ? null
    : makeControlEvent(tenantKeys, scope, {
        type: 'delivery.exhausted',
        sessionId: delivery.sessionId,
        data: { delivery: presentDelivery({ ...delivery, status: 'exhausted', attempts, nextAttemptAt: null }) },
        now: now(),
        aboutEndpointId: delivery.endpointId,
      })

/**
 * What follows from an attempt for its endpoint: breaker, rate, warnings, disabling. A plain update beside the attempt's
 * transaction (protocol §7, H14): when it is lost the next attempt says the same.
 */
export const concludeForEndpoint = async (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  endpoint: EndpointRow,
  result: PostResult,
  isProbe: boolean,
): Promise<void> => {
  const now = dependencies.now()
  if (result.httpStatus === GONE) return disable(dependencies, scope, endpoint, 'The receiver answered 410 Gone', null)
  let signals: readonly BreakerSignal[] = []
  const changed = await new EndpointHealths(dependencies.tables, scope).change(endpoint.id, (health) => {
    const step = recordAttempt(health.breaker, result.error === null, now, isProbe)
    signals = step.signals
    const rate = adaptRate(health.rate, loadOf(result), endpoint.ratePerSecond)
    if (step.after === health.breaker && rate === health.rate) return health
    const closed = signals.includes('closed')
    return { ...health, breaker: step.after, rate, releaseSince: closed ? now : health.releaseSince }
  })
  if (!changed) return
  const { breaker } = changed.after
  if (signals.includes('disable'))
    return disable(dependencies, scope, endpoint, 'Every attempt failed for five days', changed.after)
  if (signals.includes('warn')) await tell(dependencies, scope, endpoint, 'endpoint.failing', changed.after)
  if (signals.includes('closed')) await tell(dependencies, scope, endpoint, 'endpoint.recovered', changed.after)
  if (signals.includes('closed')) await wake(dependencies, scope, endpoint.id, now)
  else if (breaker.state === 'open' && (isProbe || signals.includes('opened')))
    await wake(dependencies, scope, endpoint.id, breaker.probeAt ?? now)
}

const wake = (dependencies: DeliverDependencies, scope: TenantScope, endpointId: string, at: number) =>
  dependencies.enqueue(
    { v: 1, kind: 'wake', tenantId: scope.tenantId, mode: scope.mode, endpointId },
    Math.max(0, Math.ceil((at - dependencies.now()) / 1000)),
  )

const disable = async (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  endpoint: EndpointRow,
  reason: string,
  health: EndpointHealth | null,
): Promise<void> => {
  const { tables } = dependencies
  const event = await endpointEvent(dependencies, scope, 'endpoint.disabled', health, {
    ...endpoint,
    status: 'disabled',
    statusReason: reason,
  })
  const { outcome } = await transact(tables.client, [
    new Endpoints(tables, scope).statusLeg(endpoint.id, { from: 'active', to: 'disabled', reason }),
    new Events(tables, scope).controlLeg(event),
  ])
  if (outcome === 'conflict') throw new Error('the endpoint changed at the same moment: try again')
  if (outcome === 'written') await dependencies.publish([event])
}

const tell = async (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  endpoint: EndpointRow,
  type: 'endpoint.failing' | 'endpoint.recovered',
  health: EndpointHealth,
): Promise<void> => {
  const event = await endpointEvent(dependencies, scope, type, health, endpoint)
  await new Events(dependencies.tables, scope).put(event)
  await dependencies.publish([event])
}

const endpointEvent = (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  type: 'endpoint.failing' | 'endpoint.recovered' | 'endpoint.disabled',
  health: EndpointHealth | null,
  endpoint: EndpointRow,
): Promise<EventRow> => {
  const iso = (time: number | null | undefined) => (time == null ? null : new Date(time).toISOString())
  return makeControlEvent(dependencies.tenantKeys, scope, {
    type,
    sessionId: null,
    data: {
      endpoint: presentEndpoint(endpoint),
      failingSince: iso(health?.breaker.failingSince),
      nextProbeAt: iso(health?.breaker.probeAt),
    },
    now: dependencies.now(),
    aboutEndpointId: endpoint.id,
  })
}
