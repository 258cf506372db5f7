import { deliveryIdOf } from '../core/ids.ts'
import type { EventRef } from '../store/events.ts'
import type { EndpointRow, NewDeliveryRow } from '../store/rows/webhook.ts'

/** Endpoints that are paused or disabled get `held` deliveries: visible and replayable, never dropped. */
export const makeNewDelivery = (
  ref: Pick<EventRef, 'tenantId' | 'mode' | 'eventId' | 'type' | 'sessionId' | 'sequence' | 'day'>,
  endpoint: EndpointRow,
  now: number,
  generation = 1,
): NewDeliveryRow => ({
  v: 1,
  tenantId: ref.tenantId,
  mode: ref.mode,
  id: deliveryIdOf(ref.eventId, endpoint.id, generation),
  endpointId: endpoint.id,
  eventId: ref.eventId,
  eventType: ref.type,
  sessionId: ref.sessionId,
  sequence: ref.sequence,
  day: ref.day,
  generation,
  status: endpoint.status === 'active' ? 'pending' : 'held',
  heldReason: endpoint.status === 'active' ? null : endpoint.status,
  attempts: 0,
  nextAttemptAt: endpoint.status === 'active' ? now : null,
  leaseUntil: null,
  lastError: null,
  lastStatus: null,
  createdAt: now,
  completedAt: null,
})
