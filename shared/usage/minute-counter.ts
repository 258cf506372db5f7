import { randomBytes } from 'node:crypto'
import type { TenantScope } from '../core/tenant-scope.ts'
import type { Log } from '../log/log.ts'
import { emitMetrics } from '../log/metrics.ts'
import type { MinuteCount } from '../store/keys.ts'
import { minuteOf, putMinuteCount } from '../store/minute-counts.ts'
import type { Tables } from '../store/tables.ts'

/** Message of the log line of a count that the table refused. */
export const COUNT_NOT_WRITTEN = 'usage not written, the next count writes it again'

interface Counted {
  readonly scope: TenantScope
  readonly minute: number
  count: number
  written: number
  /** the write that is under way, and the one that follows it with what was counted meanwhile */
  writing: Promise<void> | null
  next: Promise<void> | null
}

/**
 * Counts what this environment does for tenants. A count is in the table before its promise settles, so that what was
 * answered after it is counted whatever happens to the process; callers do their own work meanwhile.
 */
export class MinuteCounter {
  readonly #parts: { tables: Tables; log: Log; what: MinuteCount }
  readonly #incarnation = randomBytes(9).toString('base64url')
  readonly #counted = new Map<string, Counted>()
  readonly #failed = new Set<Counted>()
  #minute = 0

  constructor(parts: { tables: Tables; log: Log; what: MinuteCount }) {
    this.#parts = parts
  }

  /** Never throws: what could not be written is written with the next count. */
  async count(scope: TenantScope, now: number): Promise<void> {
    const minute = minuteOf(now)
    if (minute !== this.#minute) this.#forgetBefore(minute)
    const name = `${scope.prefix}${minute}`
    const counted = this.#counted.get(name) ?? { scope, minute, count: 0, written: 0, writing: null, next: null }
    this.#counted.set(name, counted)
    counted.count++
    const again = [...this.#failed].filter((failed) => failed !== counted)
    await Promise.all([counted, ...again].map((one) => this.#write(one)))
  }

  /** One write of a row at a time; all that come while it is under way share the next one. */
  #write(counted: Counted): Promise<void> {
    if (counted.next) return counted.next
    const start = async () => {
      counted.next = null
      counted.writing = this.#put(counted)
      await counted.writing
      if (!counted.next) counted.writing = null
    }
    if (!counted.writing) return start()
    counted.next = counted.writing.then(start)
    return counted.next
  }

  async #put(counted: Counted): Promise<void> {
    const { tables, log, what } = this.#parts
    const { scope, minute, count } = counted
    const incarnation = this.#incarnation
    try {
      await putMinuteCount(tables, { what, scope, incarnation, minute, count })
      counted.written = count
      this.#failed.delete(counted)
    } catch (error) {
      this.#failed.add(counted)
      // The whole row: if this environment ends before its next count, the line has it (tools/write-lost-counts.ts).
      const { tenantId, mode } = scope
      log.warn({ err: error, tenantId, mode, what, incarnation, minute, count }, COUNT_NOT_WRITTEN)
      emitMetrics({ usage_write_failed_count: [1, 'Count'] })
    }
  }

  #forgetBefore(minute: number): void {
    this.#minute = minute
    for (const [name, counted] of this.#counted)
      if (counted.minute < minute && counted.written === counted.count) this.#counted.delete(name)
  }
}
