import { createHash } from 'node:crypto'
import { timeOfId } from '../core/ids.ts'

/**
 * How long after the time in its id a control-plane event may still appear. Its id is made before its transaction commits:
 * a lambda that writes one ends within a minute, and four attempts of the SDK take at most two. Whoever lets a writer
 * live longer has to raise this.
 */
export const CONTROL_SETTLE_MS = 180_000

export const FINGERPRINT_BYTES = 8
const DAY_MS = 86_400_000

/**
 * Where a reader of control-plane events is. They have no sequence, and they do not appear in the order of their ids: up to
 * `lastId` all were read and none can come any more; those behind it were read when they are in `seen`.
 */
export interface ControlPosition {
  /** UTC day (days since 1970) of `lastId`, or the first day that is not over */
  readonly day: number
  /** null: none yet in that day */
  readonly lastId: string | null
  /** fingerprints */
  readonly seen: ReadonlySet<string>
}

export const dayNumber = (timeMs: number): number => Math.floor(timeMs / DAY_MS)

const fingerprintOf = (eventId: string): string =>
  createHash('sha256')
    .update(eventId)
    .digest('hex')
    .slice(0, FINGERPRINT_BYTES * 2)

interface Row {
  readonly id: string
  readonly timestamp: number
}

/** One event and where a reader is that has taken it and all before it. */
export interface ControlStep<R extends Row> {
  readonly row: R
  readonly after: ControlPosition
}

/**
 * What is new among the rows behind a position: pure.
 * @param rows all that stand behind the position in the order of their ids, or the first of them
 * @param room the most `seen` may hold. When it is full, young events wait until they are settled
 * @returns `end`: after all steps; `stopped`: why not all rows were looked at
 */
export const takeControlEvents = <R extends Row>(
  from: ControlPosition,
  rows: readonly R[],
  { limit, room, now }: { limit: number; room: number; now: number },
): { steps: ControlStep<R>[]; end: ControlPosition; stopped: 'limit' | 'room' | null } => {
  const steps: ControlStep<R>[] = []
  let position = from
  for (const row of rows) {
    const fingerprint = fingerprintOf(row.id)
    const isSeen = position.seen.has(fingerprint)
    const isSettled = (timeOfId(row.id) ?? 0) < now - CONTROL_SETTLE_MS
    if (!isSeen && steps.length >= limit) return { steps, end: position, stopped: 'limit' }
    if (!isSeen && !isSettled && position.seen.size >= room) return { steps, end: position, stopped: 'room' }
    const seen = new Set(position.seen)
    if (isSettled) seen.delete(fingerprint)
    else seen.add(fingerprint)
    position = isSettled ? { day: dayNumber(row.timestamp), lastId: row.id, seen } : { ...position, seen }
    if (!isSeen) steps.push({ row, after: position })
  }
  return { steps, end: position, stopped: null }
}

/** The position of now: behind all rows that stand, before all that come. @param rows of the last CONTROL_SETTLE_MS */
export const controlTail = (before: ControlPosition, rows: readonly Row[], room: number): ControlPosition => {
  const passed = rows.length > room ? rows[rows.length - room - 1] : undefined
  return {
    ...(passed ? { day: dayNumber(passed.timestamp), lastId: passed.id } : before),
    seen: new Set(rows.slice(-room).map(({ id }) => fingerprintOf(id))),
  }
}
