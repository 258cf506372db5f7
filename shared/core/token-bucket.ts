/**
 * A token bucket in its one-number form (GCRA): `fullAt` is the moment at which the bucket will be full again. Taking n
 * tokens moves it n intervals later; the bucket is empty when it lies a whole burst ahead. One number means that a shared
 * bucket is changed by one conditional addition, without read-modify-write. Times are epoch milliseconds.
 */
export interface BucketSize {
  readonly perSecond: number
  /** tokens of a full bucket */
  readonly burst: number
}

export type Lease =
  | { readonly granted: number; readonly fullAt: number; readonly retryAfterMs: 0 }
  | { readonly granted: 0; readonly fullAt: number; readonly retryAfterMs: number }

export const intervalMs = (size: BucketSize): number => 1000 / size.perSecond
const spanMs = (size: BucketSize): number => size.burst * intervalMs(size)

/** Rounding of binary fractions must not cost a token that is there. */
const EPSILON = 1e-6

/** Whole tokens that are in the bucket at `now`. */
export const tokensAt = (size: BucketSize, fullAt: number | null, now: number): number => {
  const missing = Math.max(0, (fullAt ?? now) - now)
  return Math.max(0, Math.floor((spanMs(size) - missing) / intervalMs(size) + EPSILON))
}

/** Takes up to `wanted` tokens at once: as many as there are, or none and when to come back. */
export const takeTokens = (size: BucketSize, fullAt: number | null, now: number, wanted: number): Lease => {
  const available = tokensAt(size, fullAt, now)
  const granted = Math.min(wanted, available)
  const from = Math.max(fullAt ?? now, now)
  if (granted > 0) return { granted, fullAt: from + granted * intervalMs(size), retryAfterMs: 0 }
  return { granted: 0, fullAt: from, retryAfterMs: Math.ceil(from - now - spanMs(size) + intervalMs(size)) }
}

/** How many tokens one environment takes at once: a twentieth of the burst, so that one row is not the ceiling. */
const BLOCK_SHARE = 20
export const blockOf = (size: BucketSize): number => Math.max(1, Math.floor(size.burst / BLOCK_SHARE))
