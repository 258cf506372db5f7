import { admitAttempt } from '../../shared/core/endpoint-breaker.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import { deliveryHintOfKey } from '../../shared/events/delivery-key.ts'
import type { DeliveryHint, WakeHint } from '../../shared/events/queue-envelopes.ts'
import { Deliveries } from '../../shared/store/deliveries.ts'
import { EndpointHealths } from '../../shared/store/endpoint-health.ts'
import { Endpoints } from '../../shared/store/endpoints.ts'
import { listHeld } from '../../shared/store/waiting-deliveries.ts'
import { type DeliverReport, deliver } from './deliver.ts'
import type { DeliverDependencies } from './dependencies.ts'

const PAGE = 50
/**
 * A release goes on for this long after its last find: fan-out may still write `held` rows that it decided on before, and
 * the index is eventually consistent.
 */
const RELEASE_SETTLES_MS = 60_000
const LOOK_AGAIN_SECONDS = 20

export type WakeReport =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'canceled' | 'released'; readonly deliveries: number }
  | { readonly kind: 'probed'; readonly report: DeliverReport }

/** Open breaker: one probe, the oldest held delivery. Closed, or resumed: held deliveries go, oldest first. */
export const wakeEndpoint = async (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  hint: WakeHint,
): Promise<WakeReport> => {
  const { tables } = dependencies
  const healths = new EndpointHealths(tables, scope)
  const endpoint = await new Endpoints(tables, scope).get(hint.endpointId)
  if (!endpoint) {
    const deliveries = await cancelHeld(dependencies, scope, hint)
    if (deliveries === 0) await healths.remove(hint.endpointId)
    return { kind: 'canceled', deliveries }
  }
  if (endpoint.status !== 'active') {
    // Resume starts a release of its own.
    await healths.change(endpoint.id, (health) =>
      health.releaseSince === null ? health : { ...health, releaseSince: null },
    )
    return { kind: 'nothing' }
  }
  const { breaker, releaseSince } = await healths.get(endpoint.id)
  if (breaker.state === 'open') return probe(dependencies, scope, hint, breaker)
  return releaseSince === null ? { kind: 'nothing' } : release(dependencies, scope, hint)
}

const heldRows = async ({ tables }: DeliverDependencies, scope: TenantScope, endpointId: string, limit: number) => {
  const hints = (await listHeld(tables, endpointId, limit)).map(({ pk, sk }) => deliveryHintOfKey(pk, sk))
  const own = hints.filter((hint): hint is DeliveryHint => hint?.tenantId === scope.tenantId)
  const rows = await Promise.all(own.map((hint) => new Deliveries(tables, scope).get(hint)))
  return rows.flatMap((row, index) => (row?.status === 'held' ? [{ row, hint: own[index]! }] : []))
}

const probe = async (
  dependencies: DeliverDependencies,
  scope: TenantScope,
  hint: WakeHint,
  breaker: Parameters<typeof admitAttempt>[0],
): Promise<WakeReport> => {
  const now = dependencies.now()
  if (admitAttempt(breaker, now).kind !== 'probe') return { kind: 'nothing' }
  // Without a held delivery the next one that comes is the probe.
  const [oldest] = await heldRows(dependencies, scope, hint.endpointId, 1)
  if (!oldest) return { kind: 'nothing' }
  await new Deliveries(dependencies.tables, scope).makeDue(oldest.row, now, false)
  return { kind: 'probed', report: await deliver(dependencies, scope, oldest.hint) }
}

const release = async (dependencies: DeliverDependencies, scope: TenantScope, hint: WakeHint): Promise<WakeReport> => {
  const { tables, now } = dependencies
  const held = await heldRows(dependencies, scope, hint.endpointId, PAGE)
  for (const { row, hint: delivery } of held) {
    await new Deliveries(tables, scope).makeDue(row, now(), false)
    await dependencies.enqueue(delivery, 0)
  }
  const healths = new EndpointHealths(tables, scope)
  const at = now()
  const changed = await healths.change(hint.endpointId, (health) => {
    if (health.releaseSince === null) return health
    if (held.length > 0) return { ...health, releaseSince: at }
    return at - health.releaseSince >= RELEASE_SETTLES_MS ? { ...health, releaseSince: null } : health
  })
  if (changed?.after.releaseSince !== null) await dependencies.enqueue(hint, held.length > 0 ? 1 : LOOK_AGAIN_SECONDS)
  return { kind: 'released', deliveries: held.length }
}

const cancelHeld = async (dependencies: DeliverDependencies, scope: TenantScope, hint: WakeHint): Promise<number> => {
  const held = await heldRows(dependencies, scope, hint.endpointId, PAGE)
  for (const { row } of held)
    await new Deliveries(dependencies.tables, scope).settle(row, 'canceled', dependencies.now())
  if (held.length > 0) await dependencies.enqueue(hint, 1)
  return held.length
}
