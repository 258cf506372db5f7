import { deliveryHintOfKey } from '../../../shared/events/delivery-key.ts'
import { type DeliveryHint, scopeOf } from '../../../shared/events/queue-envelopes.ts'
import { Deliveries } from '../../../shared/store/deliveries.ts'
import type { Tables } from '../../../shared/store/tables.ts'
import { listDue } from '../../../shared/store/waiting-deliveries.ts'

const LIMIT_PER_SHARD = 200

/**
 * Rings the deliver queue for every delivery whose time has come: long retries, first attempts whose ring was lost, and
 * claims that ran out because a lambda died. The claim makes a ring too many harmless.
 * @returns how many were rung
 */
export const requeueDueDeliveries = async (
  tables: Tables,
  enqueue: (hints: readonly DeliveryHint[]) => Promise<unknown>,
  now: number,
): Promise<number> => {
  const keys = await listDue(tables, { before: now, limitPerShard: LIMIT_PER_SHARD })
  const hints = keys.map(({ pk, sk }) => deliveryHintOfKey(pk, sk)).filter((hint) => hint !== null)
  const due = await Promise.all(
    hints.map(async (hint) => {
      const row = await new Deliveries(tables, scopeOf(hint)).get(hint)
      const at = row?.status === 'inFlight' ? row.leaseUntil : row?.nextAttemptAt
      return at !== null && at !== undefined && at <= now ? hint : null
    }),
  )
  const ring = due.filter((hint) => hint !== null)
  if (ring.length) await enqueue(ring)
  return ring.length
}
