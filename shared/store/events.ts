import type { Mode, TenantScope } from '../core/tenant-scope.ts'
import {
  controlEventKey,
  controlEventPartition,
  dayOf,
  eventFloorKey,
  eventKey,
  eventPartition,
  SHARDS,
  sequenceKey,
  systemIndex,
  timeKey,
} from './keys.ts'
import type { Page } from './page.ts'
import { type EventRow, eventRowSchema } from './rows/message.ts'
import type { Item, Key, Leg } from './table.ts'
import type { Tables } from './tables.ts'

/** Where an event lies and what it is, without its content: what travels over the bus (detail of EventBridge events). */
export interface EventRef {
  readonly v: 1
  readonly tenantId: string
  readonly mode: Mode
  readonly sessionId: string | null
  readonly eventId: string
  readonly sequence: number | null
  /** UTC day of the event, YYYY-MM-DD */
  readonly day: string
  readonly type: string
}

export const refOf = (row: EventRow): EventRef => ({
  v: 1,
  tenantId: row.tenantId,
  mode: row.mode,
  sessionId: row.sessionId,
  eventId: row.id,
  sequence: row.sequence,
  day: dayOf(row.timestamp),
  type: row.type,
})

/** An event and whether fan-out has still to write its deliveries. */
export interface StandingEvent {
  readonly row: EventRow
  readonly isUnfanned: boolean
}

/** `clash`: another event has this sequence: the session must stop and alarm (protocol §5). */
export type PutEventOutcome = 'written' | 'same' | 'clash'

/** Events of a session are written side by side: a gap is never older than the last rows. */
const TAIL_ROWS = 100

/**
 * Late rows come within seconds, at the latest with the next open of the log. One that is missing an hour after its
 * successor was written is lost: a table was restored to an earlier moment. Readers must not wait for it for ever.
 */
export const GAP_IS_LOST_MS = 3_600_000

/** How many of the rows are before the first gap that may still close. */
const untilOpenGap = (rows: readonly EventRow[], afterSequence: number, now: number): number => {
  let last = afterSequence
  for (const [index, { sequence, timestamp, writtenAt }] of rows.entries()) {
    // Not by the time of the event: after an outage old events are written, side by side, and none of them is lost.
    if (sequence !== last + 1 && (writtenAt ?? timestamp) > now - GAP_IS_LOST_MS) return index
    last = sequence!
  }
  return rows.length
}

/** EVENT rows: immutable, gap-free per session; `unfanned` until fan-out has written its deliveries. */
export class Events {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  /** @param now epoch ms of the writer's clock */
  async put(row: EventRow, now = Date.now()): Promise<PutEventOutcome> {
    const result = await this.#tables.messages.put(this.#item({ ...row, writtenAt: now }), {
      expression: 'attribute_not_exists(pk)',
    })
    if (result.ok) return 'written'
    return result.item?.id === row.id ? 'same' : 'clash'
  }

  /** Leg for a control-plane event (no sequence), written in the transaction of the change it tells. */
  controlLeg(row: EventRow): Leg {
    return {
      table: this.#tables.messages.name,
      put: this.#item(row),
      condition: { expression: 'attribute_not_exists(pk)' },
    }
  }

  /** Consistent. */
  async get(ref: Pick<EventRef, 'sessionId' | 'sequence' | 'day' | 'eventId'>): Promise<EventRow | null> {
    const item = await this.#tables.messages.get(this.#key(ref))
    return item ? eventRowSchema.parse(item) : null
  }

  /** By id alone, through the list index (eventually consistent). */
  async find(eventId: string): Promise<EventRow | null> {
    const page = await this.#tables.messages.query({
      index: 'list1',
      key: { expression: '#l1pk = :pk', values: { ':pk': `${this.#scope.prefix}E#${eventId}` } },
      limit: 1,
    })
    return page.items[0] ? eventRowSchema.parse(page.items[0]) : null
  }

  /** Oldest first, consistent; stops before the first gap that may still close: whoever sees n has seen all below n. */
  async readSession(
    sessionId: string,
    input: { afterSequence: number; limit: number; now?: number },
  ): Promise<{ rows: EventRow[]; hasMore: boolean }> {
    const page = await this.#tables.messages.query({
      key: {
        expression: '#pk = :pk AND #sk > :after',
        values: { ':pk': eventPartition(this.#scope, sessionId), ':after': sequenceKey(input.afterSequence) },
      },
      limit: input.limit + 1,
    })
    const rows = page.items.map((item) => eventRowSchema.parse(item))
    if (rows.length > 0 && rows[0]!.sequence !== input.afterSequence + 1) {
      const floor = await this.#floor(sessionId)
      if (floor > input.afterSequence) return this.readSession(sessionId, { ...input, afterSequence: floor })
    }
    const contiguous = rows.slice(0, untilOpenGap(rows, input.afterSequence, input.now ?? Date.now()))
    return { rows: contiguous.slice(0, input.limit), hasMore: contiguous.length > input.limit }
  }

  /** Between two sequences (both excluded), oldest first, consistent, over gaps. */
  async readStanding(
    sessionId: string,
    input: { after: number; before: number; limit: number },
  ): Promise<StandingEvent[]> {
    const page = await this.#tables.messages.query({
      key: {
        expression: '#pk = :pk AND #sk BETWEEN :first AND :last',
        values: {
          ':pk': eventPartition(this.#scope, sessionId),
          ':first': sequenceKey(input.after + 1),
          ':last': sequenceKey(input.before - 1),
        },
      },
      limit: input.limit,
    })
    return page.items.map((item) => ({ row: eventRowSchema.parse(item), isUnfanned: item.xpk !== undefined }))
  }

  /** Below a sequence, newest first, consistent, over gaps. */
  async readBackwards(sessionId: string, input: { before: number; limit: number }): Promise<EventRow[]> {
    const page = await this.#tables.messages.query({
      key: {
        expression: '#pk = :pk AND #sk < :before',
        values: { ':pk': eventPartition(this.#scope, sessionId), ':before': sequenceKey(input.before) },
      },
      descending: true,
      limit: input.limit,
    })
    return page.items.map((item) => eventRowSchema.parse(item))
  }

  /** Where a reader that wants only what is new starts: before the first gap of the last rows, so that none is skipped. */
  async tail(sessionId: string, now = Date.now()): Promise<number> {
    const page = await this.#tables.messages.query({
      key: { expression: '#pk = :pk', values: { ':pk': eventPartition(this.#scope, sessionId) } },
      descending: true,
      limit: TAIL_ROWS,
    })
    const rows = page.items.map((item) => eventRowSchema.parse(item)).reverse()
    const first = (rows[0]?.sequence ?? 1) - 1
    return rows[untilOpenGap(rows, first, now) - 1]?.sequence ?? 0
  }

  /** Control-plane events of one day, oldest first. */
  async readControl(day: string, input: { limit: number; after?: Item }): Promise<Page<EventRow>> {
    const page = await this.#tables.messages.query({
      key: { expression: '#pk = :pk', values: { ':pk': controlEventPartition(this.#scope, day) } },
      limit: input.limit,
      after: input.after,
    })
    return { items: page.items.map((item) => eventRowSchema.parse(item)), next: page.lastKey }
  }

  /** Fan-out has written all deliveries of this event. */
  async markFanned(ref: Pick<EventRef, 'sessionId' | 'sequence' | 'day' | 'eventId'>): Promise<void> {
    await this.#tables.messages.update(
      this.#key(ref),
      { expression: 'REMOVE #xpk, #xsk' },
      { expression: 'attribute_exists(pk)' },
    )
  }

  /** Puts a sealed null in the place of the data; the first time stays. @returns the row as it stands; null: none */
  async expunge(
    ref: Pick<EventRef, 'sessionId' | 'sequence' | 'day' | 'eventId'>,
    sealedNull: EventRow['data'],
    now: number,
  ): Promise<EventRow | null> {
    const result = await this.#tables.messages.update(
      this.#key(ref),
      {
        expression: 'SET #data = :data, #expungedAt = if_not_exists(#expungedAt, :now)',
        values: { ':data': sealedNull, ':now': now },
      },
      { expression: 'attribute_exists(pk)' },
    )
    return result.ok ? eventRowSchema.parse(result.item) : null
  }

  /** Up to here events may be gone because of their age; 0: all are there. */
  async #floor(sessionId: string): Promise<number> {
    const item = await this.#tables.messages.get(eventFloorKey(this.#scope, sessionId))
    return typeof item?.floor === 'number' ? item.floor : 0
  }

  #key(ref: Pick<EventRef, 'sessionId' | 'sequence' | 'day' | 'eventId'>): Key {
    return ref.sessionId !== null && ref.sequence !== null
      ? eventKey(this.#scope, ref.sessionId, ref.sequence)
      : controlEventKey(this.#scope, ref.day, ref.eventId)
  }

  #item(row: EventRow) {
    return {
      ...this.#key(refOf(row)),
      ...row,
      ...systemIndex('unfanned', row.id, `${timeKey(row.timestamp)}#${row.id}`),
      l1pk: `${this.#scope.prefix}E#${row.id}`,
      l1sk: row.id,
    }
  }
}

/** Events whose deliveries are not written yet, oldest first per shard (system role; eventually consistent). */
export const listUnfanned = async (
  tables: Tables,
  input: { before: number; limitPerShard: number },
): Promise<Key[]> => {
  const pages = await Promise.all(
    Array.from({ length: SHARDS.unfanned }, (_, shard) =>
      tables.messages.query({
        index: 'system',
        key: {
          expression: '#xpk = :pk AND #xsk < :before',
          values: { ':pk': `X#unfanned#${shard}`, ':before': timeKey(input.before) },
        },
        limit: input.limitPerShard,
      }),
    ),
  )
  return pages.flatMap((page) => page.items.map((item) => ({ pk: String(item.pk), sk: String(item.sk) })))
}
