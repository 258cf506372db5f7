import type { Log } from '../log/log.ts'
import { emitMetrics } from '../log/metrics.ts'
import { KeyUse } from '../store/key-use.ts'
import type { Tables } from '../store/tables.ts'
import { MinuteCounter } from '../usage/minute-counter.ts'
import type { TenantPrincipal } from './principal.ts'

const MINUTE_MS = 60_000
const MAXIMUM_REMEMBERED = 10_000

/** Counts API calls, each in the table before its answer goes, and notes when keys were used, once a minute. */
export class UsageMeter {
  readonly #tables: Tables
  readonly #log: Log
  readonly #calls: MinuteCounter
  /** key id → minute in which its use was written last */
  readonly #noted = new Map<string, number>()

  constructor(input: { tables: Tables; log: Log }) {
    this.#tables = input.tables
    this.#log = input.log
    this.#calls = new MinuteCounter({ ...input, what: 'apiCalls' })
  }

  /** Begun when the key is known, beside the request's own work; awaited before its answer. Never throws. */
  async count(principal: TenantPrincipal, now: number): Promise<void> {
    await Promise.all([this.#calls.count(principal.scope, now), this.#noteUse(principal, now)])
  }

  async #noteUse({ scope, key }: TenantPrincipal, now: number): Promise<void> {
    const minute = Math.floor(now / MINUTE_MS)
    if (this.#noted.get(key.id) === minute) return
    if (this.#noted.size > MAXIMUM_REMEMBERED) this.#noted.clear()
    this.#noted.set(key.id, minute)
    try {
      await new KeyUse(this.#tables, scope).note(key.id, minute * MINUTE_MS)
    } catch (error) {
      this.#log.warn({ err: error, keyId: key.id }, 'use of the key not noted, the next minute notes it')
      emitMetrics({ usage_write_failed_count: [1, 'Count'] })
    }
  }
}
