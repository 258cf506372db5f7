import { type BreakerState, FRESH_BREAKER } from '../core/endpoint-breaker.ts'
import { FRESH_RATE, latestTat, type RateState, slotIntervalMs, slotTime } from '../core/endpoint-rate.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import { endpointHealthKey, SHARDS, systemIndex, timeKey } from './keys.ts'
import { type EndpointHealthRow, endpointHealthRowSchema } from './rows/webhook.ts'
import type { Item, Key } from './table.ts'
import type { Tables } from './tables.ts'

export interface EndpointHealth {
  readonly version: number
  readonly breaker: BreakerState
  readonly rate: RateState
  readonly releaseSince: number | null
}

const FRESH: EndpointHealth = { version: 0, breaker: FRESH_BREAKER, rate: FRESH_RATE, releaseSince: null }
const SLOT_TRIES = 6
const CHANGE_TRIES = 12

/** Health of the webhook endpoints: breaker, rate, and whether held deliveries are being let go. */
export class EndpointHealths {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  async get(endpointId: string): Promise<EndpointHealth> {
    return parse(await this.#tables.core.get(endpointHealthKey(this.#scope, endpointId)))
  }

  /** False when somebody else changed it since it was read. */
  async replace(endpointId: string, before: EndpointHealth, after: Omit<EndpointHealth, 'version'>): Promise<boolean> {
    const wake = wakeAt(after)
    const row: EndpointHealthRow = {
      v: 1,
      endpointId,
      version: before.version + 1,
      breaker: after.breaker,
      rate: after.rate,
      releaseSince: after.releaseSince,
    }
    const index = wake === null ? null : systemIndex('wake', endpointId, `${timeKey(wake)}#${endpointId}`)
    const values: Item = { ...row, ...index }
    const sets = Object.keys(values).map((name) => `#${name} = :${name}`)
    const result = await this.#tables.core.update(
      endpointHealthKey(this.#scope, endpointId),
      {
        expression: `SET ${sets.join(', ')}${index ? '' : ' REMOVE #xpk, #xsk'}`,
        values: Object.fromEntries(Object.entries(values).map(([name, value]) => [`:${name}`, value])),
      },
      before.version === 0
        ? { expression: 'attribute_not_exists(#version)' }
        : { expression: '#version = :before', values: { ':before': before.version } },
    )
    return result.ok
  }

  /**
   * Applies a pure change; again from a fresh read when somebody was faster.
   * @param change gives the same object back when there is nothing to write
   * @returns the health before and after; null when too many others change it: the caller goes on without
   */
  async change(
    endpointId: string,
    change: (health: EndpointHealth) => EndpointHealth,
  ): Promise<{ before: EndpointHealth; after: EndpointHealth } | null> {
    for (let attempt = 0; attempt < CHANGE_TRIES; attempt++) {
      const before = await this.get(endpointId)
      const after = change(before)
      if (after === before || (await this.replace(endpointId, before, after))) return { before, after }
    }
    return null
  }

  /**
   * Takes a slot of the endpoint's rate: one conditional write, usually without contention.
   * @returns when it may be used; null when slots are taken for the next half minute: ask again later
   */
  async takeSlot(endpointId: string, now: number, ratePerSecond: number): Promise<number | null> {
    const interval = slotIntervalMs(ratePerSecond)
    const key = endpointHealthKey(this.#scope, endpointId)
    for (let attempt = 0; attempt < SLOT_TRIES; attempt++) {
      const busy = await this.#tables.core.update(
        key,
        { expression: 'SET #tat = #tat + :interval', values: { ':interval': interval } },
        {
          expression: '#tat >= :now AND #tat < :latest',
          values: { ':now': now, ':latest': latestTat(now, ratePerSecond) },
        },
      )
      if (busy.ok) return slotTime(Number(busy.item!.tat), now, ratePerSecond)
      if (Number(busy.item?.tat ?? 0) >= latestTat(now, ratePerSecond)) return null
      const idle = await this.#tables.core.update(
        key,
        { expression: 'SET #tat = :tat', values: { ':tat': now + interval } },
        { expression: 'attribute_not_exists(#tat) OR #tat < :now', values: { ':now': now } },
      )
      if (idle.ok) return now
    }
    return null
  }

  async remove(endpointId: string): Promise<void> {
    await this.#tables.core.remove(endpointHealthKey(this.#scope, endpointId))
  }
}

/** A row that only knows its arrival time is still fresh. */
const parse = (item: Item | null): EndpointHealth => {
  if (!item || item.version === undefined) return FRESH
  const { version, breaker, rate, releaseSince } = endpointHealthRowSchema.parse(item)
  return { version, breaker, rate, releaseSince }
}

/** When somebody has to look at the endpoint: its next probe, or the next part of a release. */
const wakeAt = (health: Omit<EndpointHealth, 'version'>): number | null =>
  health.releaseSince ?? (health.breaker.state === 'open' ? health.breaker.probeAt : null)

/** Endpoints whose probe or release is due, and replays that should go on: keys only (system role). */
export const listWakes = async (tables: Tables, input: { before: number; limitPerShard: number }): Promise<Key[]> => {
  const pages = await Promise.all(
    Array.from({ length: SHARDS.wake }, (_, shard) =>
      tables.core.query({
        index: 'system',
        key: {
          expression: '#xpk = :pk AND #xsk < :before',
          values: { ':pk': `X#wake#${shard}`, ':before': timeKey(input.before) },
        },
        limit: input.limitPerShard,
      }),
    ),
  )
  return pages.flatMap((page) => page.items.map((item) => ({ pk: String(item.pk), sk: String(item.sk) })))
}
