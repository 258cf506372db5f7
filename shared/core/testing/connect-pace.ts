/** A token bucket as a value; times are milliseconds of one monotonic clock. */
export interface Bucket {
  readonly tokens: number
  readonly at: number
}

export const fullBucket = (burst: number, at: number): Bucket => ({ tokens: burst, at })

/**
 * Takes up to `wanted` tokens.
 * @returns how many were granted, and the bucket afterwards; a clock that stands still or goes back grants nothing new
 */
export const takeTokens = (
  bucket: Bucket,
  input: { wanted: number; now: number; perSecond: number; burst: number },
): { granted: number; bucket: Bucket } => {
  const elapsed = Math.max(0, input.now - bucket.at)
  const tokens = Math.min(input.burst, bucket.tokens + (elapsed * input.perSecond) / 1000)
  const granted = Math.max(0, Math.min(Math.floor(input.wanted), Math.floor(tokens)))
  return { granted, bucket: { tokens: tokens - granted, at: Math.max(bucket.at, input.now) } }
}
