import { timeOfId } from '../../shared/core/ids.ts'
import type { MetricUnit } from '../../shared/log/metrics.ts'
import type { DeliveryRow } from '../../shared/store/rows/webhook.ts'
import type { PostResult } from '../../shared/webhooks/post-webhook.ts'
import type { DeliverReport } from './deliver.ts'

/**
 * Names of architecture §10. webhook_delivery_latency_ms: from the event to the receiver's 2xx; webhook_first_attempt_age_ms:
 * from the event to its first attempt, the part that is ours.
 */
export const metricsOf = (
  outcome: DeliverReport['outcome'],
  delivery: DeliveryRow,
  result: PostResult | null,
  now: number,
): Record<string, readonly [number, MetricUnit]> => {
  const age = Math.max(0, now - (timeOfId(delivery.eventId) ?? delivery.createdAt))
  const isFirst = result !== null && delivery.attempts === 1 && delivery.generation === 1
  return {
    webhook_attempt_count: [result ? 1 : 0, 'Count'],
    webhook_failure_count: [result && result.error !== null ? 1 : 0, 'Count'],
    webhook_held_count: [outcome === 'held' ? 1 : 0, 'Count'],
    webhook_exhausted_count: [outcome === 'exhausted' ? 1 : 0, 'Count'],
    webhook_expired_count: [outcome === 'expired' ? 1 : 0, 'Count'],
    webhook_postponed_count: [outcome === 'postponed' ? 1 : 0, 'Count'],
    ...(outcome === 'delivered' ? { webhook_delivery_latency_ms: [age, 'Milliseconds'] } : {}),
    ...(outcome === 'delivered' ? { webhook_attempts_per_delivery: [delivery.attempts, 'Count'] } : {}),
    ...(isFirst ? { webhook_first_attempt_age_ms: [Math.max(0, age - result.durationMs), 'Milliseconds'] } : {}),
  }
}
