import type { DeliveryHint } from '../../shared/events/queue-envelopes.ts'
import type { DeliveryRow } from '../../shared/store/rows/webhook.ts'

export const hintOf = (row: DeliveryRow): DeliveryHint => ({
  v: 1,
  tenantId: row.tenantId,
  mode: row.mode,
  endpointId: row.endpointId,
  day: row.day,
  eventId: row.eventId,
  generation: row.generation,
})
