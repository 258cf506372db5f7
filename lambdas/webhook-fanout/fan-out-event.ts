import { wantsEvent } from '../../shared/core/event-filter.ts'
import { deliveryIdOf } from '../../shared/core/ids.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import type { DeliveryHint } from '../../shared/events/queue-envelopes.ts'
import { Deliveries } from '../../shared/store/deliveries.ts'
import { Endpoints } from '../../shared/store/endpoints.ts'
import { type EventRef, Events } from '../../shared/store/events.ts'
import type { DeliveryRow, EndpointRow } from '../../shared/store/rows.ts'
import type { Tables } from '../../shared/store/tables.ts'

/**
 * One delivery per endpoint that wants the event (put-if-absent, deterministic ids), then `unfanned` goes, then the
 * deliver queue is rung: in this order nothing is lost wherever the process dies, and nothing is made twice.
 * Endpoints that are paused or disabled get `held` deliveries: visible and replayable, never dropped.
 */
export const fanOutEvent = async (
  dependencies: { tables: Tables; enqueue: (hints: readonly DeliveryHint[]) => Promise<unknown>; now: () => number },
  scope: TenantScope,
  ref: EventRef,
): Promise<{ deliveries: number }> => {
  const { tables, now } = dependencies
  const event = await new Events(tables, scope).get(ref)
  if (!event) throw new Error(`event ${ref.eventId} is on the bus but has no row yet`)
  const endpoints = await new Endpoints(tables, scope).listAll()
  const deliveries = new Deliveries(tables, scope)
  const wanted = endpoints.filter((endpoint) => wantsEvent(endpoint.events, ref.type))
  const rows = await Promise.all(wanted.map((endpoint) => deliveries.create(newDelivery(ref, endpoint, now()))))
  await new Events(tables, scope).markFanned(ref)
  const due = rows.filter((row) => row.status === 'pending')
  if (due.length) await dependencies.enqueue(due.map((row) => hintOf(row)))
  return { deliveries: rows.length }
}

const newDelivery = (ref: EventRef, endpoint: EndpointRow, now: number): DeliveryRow => ({
  v: 1,
  tenantId: ref.tenantId,
  mode: ref.mode,
  id: deliveryIdOf(ref.eventId, endpoint.id, 1),
  endpointId: endpoint.id,
  eventId: ref.eventId,
  eventType: ref.type,
  sessionId: ref.sessionId,
  sequence: ref.sequence,
  day: ref.day,
  generation: 1,
  status: endpoint.status === 'active' ? 'pending' : 'held',
  attempts: 0,
  nextAttemptAt: endpoint.status === 'active' ? now : null,
  leaseUntil: null,
  lastError: null,
  lastStatus: null,
  createdAt: now,
  completedAt: null,
})

const hintOf = (row: DeliveryRow): DeliveryHint => ({
  v: 1,
  tenantId: row.tenantId,
  mode: row.mode,
  endpointId: row.endpointId,
  day: row.day,
  eventId: row.eventId,
  generation: row.generation,
})
