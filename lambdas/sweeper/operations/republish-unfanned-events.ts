import type { EventSink } from '../../../shared/events/event-sink.ts'
import { listUnfanned, refOf } from '../../../shared/store/events.ts'
import { eventRowSchema } from '../../../shared/store/rows/message.ts'
import type { Tables } from '../../../shared/store/tables.ts'

const UNFANNED_AGE_MS = 30_000
const LIMIT_PER_SHARD = 50

/**
 * Publishes again what stayed unfanned for half a minute: the writer died before PutEvents, the bus lost it, or fan-out
 * failed. @returns how many were published
 */
export const republishUnfannedEvents = async (tables: Tables, sink: EventSink, now: number): Promise<number> => {
  const keys = await listUnfanned(tables, { before: now - UNFANNED_AGE_MS, limitPerShard: LIMIT_PER_SHARD })
  const rows = await Promise.all(keys.map((key) => tables.messages.get(key)))
  const refs = rows.filter((row) => row?.xpk !== undefined).map((row) => refOf(eventRowSchema.parse(row)))
  if (refs.length) await sink.publish(refs)
  return refs.length
}
