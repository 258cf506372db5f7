import { type BucketSize, blockOf, type Lease, tokensAt } from './token-bucket.ts'

/** Takes `wanted` tokens, or what there is, from the bucket that all environments share. */
export type TakeShared = (size: BucketSize, now: number, wanted: number) => Promise<Lease>

export interface Verdict {
  readonly allowed: boolean
  /** tokens of a full bucket */
  readonly limit: number
  /** whole requests that would still pass now, as far as this environment knows */
  readonly remaining: number
  /** milliseconds until the bucket is full again */
  readonly resetMs: number
  /** when refused: milliseconds after which one request passes */
  readonly retryAfterMs: number
}

interface Local {
  tokens: number
  /**
   * size of the next block: doubled when a block was spent in time, else what was spent of it. Many environments with
   * little traffic each would otherwise waste the tenant's tokens.
   */
  block: number
  leased: number
  /** unspent tokens are forgotten then: a bucket that a customer empties slowly must not look full here */
  until: number
  fullAt: number
  /** after a denial nothing is asked of the shared bucket before this: a noisy tenant costs no writes */
  deniedUntil: number
  /** denials, less one for every grant since */
  denials: number
  pending: Promise<void> | null
  /** requests come in disorder by a millisecond; to an older one the bucket would look fuller of debt than it is */
  latest: number
}

const LEASE_MS = 2_000
const MAXIMUM_BUCKETS = 10_000
/**
 * After a denial an environment asks again after this at the earliest, doubled with every further denial, halved with a grant. The bucket of a
 * fast tenant has its next token in a few milliseconds: if every environment came back for it, a noisy tenant would write
 * one row some thousand times per second, and the limit could not be checked any more.
 */
const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 400

/**
 * Decides by blocks of tokens that are leased from a shared bucket and spent here. What was leased and not spent counts
 * as spent: the sum over all environments never exceeds the bucket.
 */
export class LeasedLimiter {
  readonly #buckets = new Map<string, Local>()

  async take(bucket: string, size: BucketSize, now: number, takeShared: TakeShared): Promise<Verdict> {
    const local = this.#localOf(bucket)
    local.latest = Math.max(local.latest, now)
    // Whoever waits for the lease of another request looks again: it may have been spent by then.
    while (local.tokens < 1 || local.until <= now) {
      if (local.deniedUntil > now) return verdictOf(size, local, now, local.deniedUntil - now)
      local.pending ??= this.#lease(size, local.latest, local, takeShared)
      await local.pending
    }
    local.tokens--
    return verdictOf(size, local, now, 0)
  }

  /** Gives back the token of a request that another bucket refused. */
  giveBack(bucket: string): void {
    const local = this.#buckets.get(bucket)
    if (local) local.tokens++
  }

  async #lease(size: BucketSize, now: number, local: Local, takeShared: TakeShared): Promise<void> {
    const spent = local.leased - local.tokens
    local.block =
      local.tokens < 1 && local.until > now
        ? Math.min(blockOf(size), local.block * 2)
        : Math.max(1, Math.min(local.block, spent))
    try {
      const lease = await takeShared(size, now, local.block)
      local.leased = lease.granted
      local.fullAt = lease.fullAt
      if (lease.granted === 0) {
        const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** local.denials++)
        local.deniedUntil = now + Math.max(lease.retryAfterMs, pauseMs)
      } else local.denials = Math.max(0, local.denials - 1)
      local.tokens = lease.granted
      local.until = now + LEASE_MS
    } finally {
      local.pending = null
    }
  }

  #localOf(bucket: string): Local {
    const known = this.#buckets.get(bucket)
    if (known) return known
    if (this.#buckets.size >= MAXIMUM_BUCKETS) this.#buckets.clear()
    const local: Local = {
      tokens: 0,
      block: 1,
      leased: 0,
      until: 0,
      fullAt: 0,
      deniedUntil: 0,
      denials: 0,
      pending: null,
      latest: 0,
    }
    this.#buckets.set(bucket, local)
    return local
  }
}

const verdictOf = (size: BucketSize, local: Local, now: number, retryAfterMs: number): Verdict => ({
  allowed: retryAfterMs === 0,
  limit: size.burst,
  remaining: retryAfterMs > 0 ? 0 : Math.min(size.burst, tokensAt(size, local.fullAt, now) + local.tokens),
  resetMs: Math.max(0, Math.ceil(local.fullAt - now)),
  retryAfterMs,
})
