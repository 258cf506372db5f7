import type { TenantScope } from '../core/tenant-scope.ts'
import { streamPartition } from './keys.ts'
import type { Tables } from './tables.ts'

/** A stream whose process died stops counting after this time. */
const STREAM_LEASE_MS = 90_000
const KEPT_SECONDS = 3600
const PAGE = 1000
const TRIES = 3

export interface StreamSlot {
  readonly number: number
  readonly holder: string
}

/** Numbered places for a tenant's live streams (ephemeral table): as many as its limit, each held by one stream at a time. */
export class OpenStreams {
  readonly #tables: Tables
  readonly #scope: TenantScope

  constructor(tables: Tables, scope: TenantScope) {
    this.#tables = tables
    this.#scope = scope
  }

  /** How many are open. */
  async count(now: number): Promise<number> {
    return (await this.#taken(now)).size
  }

  /** Null: all `limit` places are taken. @param holder of this stream alone */
  async take(limit: number, holder: string, now: number): Promise<StreamSlot | null> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const taken = await this.#taken(now)
      const free = Array.from({ length: limit }, (_, number) => number).filter((number) => !taken.has(number))
      if (free.length === 0) return null
      // Two that come at once should not both want the first free one.
      const number = free[Math.floor(Math.random() * free.length)]!
      const row = { v: 1, holder, ...this.#until(now) }
      const result = await this.#tables.ephemeral.put(
        { ...this.#key(number), ...row },
        { expression: 'attribute_not_exists(pk) OR #leaseUntil <= :now', values: { ':now': now } },
      )
      if (result.ok) return { number, holder }
    }
    return null
  }

  /** False when the place was lost: the stream has to end. */
  async renew(slot: StreamSlot, now: number): Promise<boolean> {
    const { leaseUntil, ttl } = this.#until(now)
    const result = await this.#tables.ephemeral.update(
      this.#key(slot.number),
      { expression: 'SET #leaseUntil = :until, #ttl = :ttl', values: { ':until': leaseUntil, ':ttl': ttl } },
      { expression: '#holder = :holder', values: { ':holder': slot.holder } },
    )
    return result.ok
  }

  async release(slot: StreamSlot): Promise<void> {
    await this.#tables.ephemeral.remove(this.#key(slot.number), {
      expression: '#holder = :holder',
      values: { ':holder': slot.holder },
    })
  }

  async #taken(now: number): Promise<Set<number>> {
    const page = await this.#tables.ephemeral.query({
      key: { expression: '#pk = :pk', values: { ':pk': streamPartition(this.#scope) } },
      limit: PAGE,
    })
    return new Set(page.items.filter((item) => Number(item.leaseUntil) > now).map((item) => Number(item.sk)))
  }

  #key(number: number) {
    return { pk: streamPartition(this.#scope), sk: String(number).padStart(4, '0') }
  }

  #until(now: number) {
    const leaseUntil = now + STREAM_LEASE_MS
    return { leaseUntil, ttl: Math.ceil(leaseUntil / 1000) + KEPT_SECONDS }
  }
}
