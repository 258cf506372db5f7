import { deliveryIdOf } from '../../core/ids.ts'
import type { TenantScope } from '../../core/tenant-scope.ts'
import { Deliveries } from '../../store/deliveries.ts'
import type { Tables } from '../../store/tables.ts'

/** A delivery that ended, as the pipeline leaves it. @returns its id */
export const makeSampleDelivery = async (
  tables: Tables,
  scope: TenantScope,
  endpointId: string,
  eventId: string,
): Promise<string> => {
  const row = await new Deliveries(tables, scope).create({
    v: 1,
    tenantId: scope.tenantId,
    mode: scope.mode,
    id: deliveryIdOf(eventId, endpointId, 1),
    endpointId,
    eventId,
    eventType: 'session.created',
    sessionId: null,
    sequence: null,
    day: '2026-11-21',
    generation: 1,
    status: 'delivered',
    attempts: 1,
    nextAttemptAt: null,
    leaseUntil: null,
    lastError: null,
    lastStatus: 200,
    createdAt: Date.now(),
    completedAt: Date.now(),
  })
  return row.id
}
