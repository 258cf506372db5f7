import { heldIndex } from './keys.ts'
import type { DeliveryRow, DeliveryStatus, HeldReason, NewAttemptRow } from './rows/webhook.ts'
import type { Key, Leg } from './table.ts'

export interface AttemptOutcome {
  readonly status: Extract<DeliveryStatus, 'delivered' | 'retrying' | 'exhausted' | 'held' | 'expired'>
  readonly nextAttemptAt: number | null
  readonly heldReason?: HeldReason
  readonly attempt: NewAttemptRow
}

export const attemptSort = (deliverySort: string, number: number): string =>
  `${deliverySort}#A#${String(number).padStart(4, '0')}`

/**
 * Writes of one attempt that was made: what follows for its delivery, while the claim is still ours, and its own row.
 * @param sorts places in the index of waiting deliveries; at most one is set, as the outcome says
 */
export const attemptLegs = (
  table: string,
  key: Key,
  delivery: DeliveryRow,
  outcome: AttemptOutcome,
  sorts: { readonly due: string | null; readonly held: string | null },
): Leg[] => {
  const isWaiting = sorts.due !== null
  const isHeld = sorts.held !== null
  const index = isWaiting ? ', #xsk = :due' : isHeld ? ', #xpk = :heldIndex, #xsk = :heldSort' : ' REMOVE #xpk, #xsk'
  return [
    {
      table,
      update: key,
      set: {
        expression: `SET #status = :status, #nextAttemptAt = :next, #leaseUntil = :none, #lastError = :error, #lastStatus = :http, #completedAt = :completed, #heldReason = :heldReason, #manual = :no${index}`,
        values: {
          ':status': outcome.status,
          ':next': outcome.nextAttemptAt,
          ':none': null,
          ':error': outcome.attempt.error,
          ':http': outcome.attempt.httpStatus,
          ':completed': isWaiting || isHeld ? null : outcome.attempt.at,
          ':heldReason': outcome.heldReason ?? null,
          ':no': false,
          ...(isHeld ? { ':heldIndex': heldIndex(delivery.endpointId), ':heldSort': sorts.held } : {}),
          ...(isWaiting ? { ':due': sorts.due } : {}),
        },
      },
      condition: {
        expression: '#status = :inFlight AND #attempts = :attempts AND #leaseUntil = :lease',
        values: { ':inFlight': 'inFlight', ':attempts': delivery.attempts, ':lease': delivery.leaseUntil },
      },
    },
    { table, put: { pk: key.pk, sk: attemptSort(key.sk, outcome.attempt.number), ...outcome.attempt } },
  ]
}
