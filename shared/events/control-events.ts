import type { EventType } from '../contract/event-types.ts'
import { newId } from '../core/ids.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import type { TenantKeys } from '../crypto/tenant-keys.ts'
import type { Log } from '../log/log.ts'
import { emitMetrics } from '../log/metrics.ts'
import { refOf } from '../store/events.ts'
import { eventDataPlace } from '../store/places.ts'
import type { EventRow } from '../store/rows/message.ts'
import type { EventSink } from './event-sink.ts'

/** A control-plane event: made by a lambda, without a sequence, written in the transaction of the change it tells. */
export const makeControlEvent = async (
  tenantKeys: TenantKeys,
  scope: TenantScope,
  event: { type: EventType; sessionId: string | null; data: unknown; now: number; aboutEndpointId?: string },
): Promise<EventRow> => {
  const id = newId('evt', event.now)
  return {
    v: 1,
    tenantId: scope.tenantId,
    mode: scope.mode,
    id,
    type: event.type,
    sessionId: event.sessionId,
    sequence: null,
    timestamp: event.now,
    data: await tenantKeys.seal(scope, eventDataPlace(id), event.data),
    ...(event.aboutEndpointId ? { aboutEndpointId: event.aboutEndpointId } : {}),
  }
}

/** Tells the bus. A failure is counted: the row is `unfanned`, the sweeper publishes it again. */
export const publishCalmly = async (sink: EventSink, log: Log, rows: readonly EventRow[]): Promise<void> => {
  try {
    const refused = await sink.publish(rows.map(refOf))
    if (refused.length > 0) emitMetrics({ event_publish_failed_count: [refused.length, 'Count'] })
  } catch (error) {
    log.warn({ err: error, events: rows.length }, 'publishing failed, the sweeper publishes again')
    emitMetrics({ event_publish_failed_count: [rows.length, 'Count'] })
  }
}
