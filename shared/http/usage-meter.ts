import { randomBytes } from 'node:crypto'
import type { TenantScope } from '../core/tenant-scope.ts'
import type { Log } from '../log/log.ts'
import { emitMetrics } from '../log/metrics.ts'
import { putApiCalls } from '../store/api-calls.ts'
import { KeyUse } from '../store/key-use.ts'
import type { Tables } from '../store/tables.ts'
import type { TenantPrincipal } from './principal.ts'

const MINUTE_MS = 60_000
/** How long a count may wait in memory: an environment that is killed loses at most the calls of this time. */
const FLUSH_MS = 5_000

interface Count {
  readonly scope: TenantScope
  readonly minute: number
  calls: number
  refused: number
  dirty: boolean
}

/** Counts API calls and notes when keys were used: in memory, written by minute and environment, not by request. */
export class UsageMeter {
  readonly #tables: Tables
  readonly #log: Log
  readonly #incarnation = randomBytes(9).toString('base64url')
  readonly #counts = new Map<string, Count>()
  /** key id → minute in which its use was written last */
  readonly #noted = new Map<string, number>()
  #flushedAt = 0

  constructor(input: { tables: Tables; log: Log }) {
    this.#tables = input.tables
    this.#log = input.log
  }

  /** Awaited before the answer goes: a lambda does nothing after it. Never throws. */
  async count({ scope, key }: TenantPrincipal, status: number, now: number): Promise<void> {
    const minute = Math.floor(now / MINUTE_MS)
    const name = `${scope.prefix}${minute}`
    const count = this.#counts.get(name) ?? { scope, minute, calls: 0, refused: 0, dirty: true }
    this.#counts.set(name, count)
    count.calls++
    if (status >= 400) count.refused++
    count.dirty = true
    const writes: Promise<void>[] = []
    if (this.#noted.get(key.id) !== minute) {
      if (this.#noted.size > 10_000) this.#noted.clear()
      this.#noted.set(key.id, minute)
      writes.push(new KeyUse(this.#tables, scope).note(key.id, minute * MINUTE_MS))
    }
    if (now - this.#flushedAt >= FLUSH_MS) {
      this.#flushedAt = now
      writes.push(...this.#flush(minute))
    }
    const failed = (await Promise.allSettled(writes)).find((result) => result.status === 'rejected')
    if (!failed) return
    this.#log.warn({ err: failed.reason }, 'usage not written, the next flush writes it again')
    emitMetrics({ usage_write_failed_count: [1, 'Count'] })
  }

  #flush(minute: number): Promise<void>[] {
    return [...this.#counts].flatMap(([name, count]) => {
      if (!count.dirty) {
        if (count.minute < minute) this.#counts.delete(name)
        return []
      }
      count.dirty = false
      return [
        putApiCalls(this.#tables, count.scope, this.#incarnation, count).catch((error) => {
          count.dirty = true
          throw error
        }),
      ]
    })
  }
}
