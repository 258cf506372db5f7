import { wakeHintOfKey } from '../../../shared/events/delivery-key.ts'
import type { PipelineHint } from '../../../shared/events/queue-envelopes.ts'
import { listWakes } from '../../../shared/store/endpoint-health.ts'
import type { Tables } from '../../../shared/store/tables.ts'

const LIMIT_PER_SHARD = 100

/**
 * Rings for endpoints whose probe or release is due, and for replays that stand still: the ring that should have come was
 * lost, or its delay was too long for the queue. @returns how many were rung
 */
export const wakeEndpoints = async (
  tables: Tables,
  enqueue: (hints: readonly PipelineHint[]) => Promise<unknown>,
  now: number,
): Promise<number> => {
  const keys = await listWakes(tables, { before: now, limitPerShard: LIMIT_PER_SHARD })
  const hints = keys.map(({ pk, sk }) => wakeHintOfKey(pk, sk)).filter((hint) => hint !== null)
  if (hints.length) await enqueue(hints)
  return hints.length
}
