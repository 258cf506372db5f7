import * as z from 'zod'
import type { TenantScope } from '../core/tenant-scope.ts'
import {
  type Counters,
  type CountersByDay,
  dayOfTime,
  EMPTY_FOLD,
  type FoldState,
  mergeCounters,
} from '../core/usage-fold.ts'
import type { MessageRow } from './rows/message.ts'
import { type Leg, transact } from './table.ts'
import type { Tables } from './tables.ts'

/** A transaction holds 100 legs: one for the position, the others for days. */
export const MAXIMUM_FOLD_DAYS = 90

const foldStateSchema = z.object({
  afterSequence: z.number().int(),
  connectedSince: z.number().nullable(),
  lastEventAt: z.number().nullable(),
})
const countersSchema = z.record(z.string(), z.number())

export interface SessionDay {
  readonly sessionId: string
  readonly counters: Counters
}

/**
 * Counts a message that ended while no log of its session could number the event, and so no fold will meet it. Belongs into
 * the transaction that ends the message: it counts once, as that succeeds once.
 */
export const endedUsageLeg = (
  tables: Tables,
  scope: TenantScope,
  { id, sessionId, direction, type }: Pick<MessageRow, 'id' | 'sessionId' | 'direction' | 'type'>,
  end: { readonly status: 'failed' | 'unknown' | 'canceled'; readonly at: number },
): Leg => ({
  table: tables.usage.name,
  put: {
    pk: dayPartition(scope, dayOfTime(end.at)),
    // A row of its own: the session's row is written by folds, from what they read.
    sk: `${sessionId}#${id}`,
    v: 1,
    counters: { [`messages.${direction}.${type}.${end.status}`]: 1 },
  },
})

const dayPartition = (scope: TenantScope, day: string): string => `${scope.prefix}UD#${day}`

/** Counted usage of a tenant and mode (usage table): per session and UTC day, and how far each session is counted. */
export class UsageRows {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  async position(sessionId: string): Promise<FoldState> {
    const item = await this.#tables.usage.get(this.#positionKey(sessionId))
    return item ? foldStateSchema.parse(item) : EMPTY_FOLD
  }

  /**
   * Adds what was counted from `was` on: position and days in one transaction, only while the position is `was`. So every
   * event counts once, whoever folds, how often, and wherever it crashes. @returns false when somebody else was faster
   */
  async advance(sessionId: string, was: FoldState, next: FoldState, days: CountersByDay): Promise<boolean> {
    const table = this.#tables.usage.name
    const legs: Leg[] = [
      {
        table,
        put: { ...this.#positionKey(sessionId), v: 1, ...next },
        condition: {
          expression: 'attribute_not_exists(pk) OR #afterSequence = :was',
          values: { ':was': was.afterSequence },
        },
      },
    ]
    for (const [day, counters] of Object.entries(days)) {
      const key = this.#dayKey(sessionId, day)
      const standing = await this.#tables.usage.get(key)
      const before = countersSchema.parse(standing?.counters ?? {})
      legs.push({ table, put: { ...key, v: 1, counters: mergeCounters(before, counters) } })
    }
    return (await transact(this.#tables.client, legs)).outcome === 'written'
  }

  /** What is counted of one UTC day; a session may have several entries. */
  async day(day: string): Promise<SessionDay[]> {
    const rows: SessionDay[] = []
    for await (const item of this.#tables.usage.queryAll({
      key: { expression: '#pk = :pk', values: { ':pk': dayPartition(this.#scope, day) } },
    }))
      rows.push({ sessionId: String(item.sk).split('#')[0]!, counters: countersSchema.parse(item.counters) })
    return rows
  }

  /** Sessions that were connected when they were counted last, and since when. */
  async connectedNow(): Promise<{ sessionId: string; since: number }[]> {
    const open: { sessionId: string; since: number }[] = []
    for await (const item of this.#tables.usage.queryAll({
      key: { expression: '#pk = :pk', values: { ':pk': `${this.#scope.prefix}UF` } },
      filter: { expression: 'attribute_type(#connectedSince, :number)', values: { ':number': 'N' } },
    }))
      open.push({ sessionId: String(item.sk), since: Number(item.connectedSince) })
    return open
  }

  #positionKey(sessionId: string) {
    return { pk: `${this.#scope.prefix}UF`, sk: sessionId }
  }
  #dayKey(sessionId: string, day: string) {
    return { pk: dayPartition(this.#scope, day), sk: sessionId }
  }
}
