import { Fault } from '../../shared/core/fault.ts'
import type { TenantScope } from '../../shared/core/tenant-scope.ts'
import { dayOf } from '../../shared/store/keys.ts'
import { Quotas } from '../../shared/store/quotas.ts'
import type { Tables } from '../../shared/store/tables.ts'

const DAY_MS = 24 * 3600_000
const BLOCK_SHARE = 1_000
const MAXIMUM_BLOCK = 100
const MAXIMUM_TENANTS = 10_000

/**
 * Messages per UTC day. Environments take blocks (a thousandth of the quota, at most 100 messages) and spend them here,
 * so that the day's row is not written per message. Never more than the quota; up to one block per environment less.
 */
export class MessageQuota {
  readonly #tables: Tables
  readonly #left = new Map<string, { day: string; left: number }>()

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** @throws Fault quota_exceeded */
  async take(scope: TenantScope, maximum: number, now: number): Promise<void> {
    const day = dayOf(now)
    const local = this.#left.get(scope.prefix)
    if (local?.day === day && local.left > 0) {
      local.left--
      return
    }
    const block = Math.max(1, Math.min(MAXIMUM_BLOCK, Math.floor(maximum / BLOCK_SHARE)))
    const taken = await new Quotas(this.#tables, scope).takeMessages(now, block, maximum)
    if (taken === 0) throw usedUp(maximum, now)
    if (this.#left.size >= MAXIMUM_TENANTS) this.#left.clear()
    const standing = this.#left.get(scope.prefix)
    const before = standing?.day === day ? standing.left : 0
    this.#left.set(scope.prefix, { day, left: before + taken - 1 })
  }

  /** Nothing was accepted after all: a repeated request, or a refused one. */
  giveBack(scope: TenantScope, now: number): void {
    const local = this.#left.get(scope.prefix)
    if (local?.day === dayOf(now)) local.left++
  }
}

const usedUp = (maximum: number, now: number): Fault => {
  const midnight = (Math.floor(now / DAY_MS) + 1) * DAY_MS
  return new Fault('quota_exceeded', {
    detail: `The quota of ${maximum} messages per day is used up; it starts anew at ${new Date(midnight).toISOString()}.`,
    retryAfterSeconds: Math.ceil((midnight - now) / 1000),
    limit: { name: 'messagesPerDay', maximum },
  })
}
