/** Delays before attempt 1, 2, …, in seconds: about 71 hours, dense at the start (platform-facts §1.4). */
export const RETRY_SCHEDULE_SECONDS = [
  0, 5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 86_400,
] as const
/** For receivers that want fresh events or none: about 13 minutes. */
const SHORT_STEPS = 5
export const RETRY_POLICIES = ['standard', 'short', 'none'] as const
export type RetryPolicy = (typeof RETRY_POLICIES)[number]
const STEPS: Readonly<Record<RetryPolicy, number>> = {
  standard: RETRY_SCHEDULE_SECONDS.length,
  short: SHORT_STEPS,
  none: 1,
}
const JITTER = 0.2
const OVERLOAD_MINIMUM_SECONDS = 60
const OVERLOAD_STATUSES = [429, 502, 503, 504]

export interface FailedAttempt {
  /** of the endpoint; standard when absent */
  readonly policy?: RetryPolicy
  /** attempts made so far, this one included */
  readonly attempts: number
  readonly httpStatus: number | null
  readonly timedOut: boolean
  /** the receiver's wish, already in seconds; null when absent or not understood */
  readonly retryAfterSeconds: number | null
}

export type NextAttempt = { readonly kind: 'retry'; readonly delaySeconds: number } | { readonly kind: 'exhausted' }

/**
 * When to try again after a failed attempt. ±20 % jitter; at least a minute for an overloaded receiver; `retry-after`
 * counts within [delay, 2 × delay].
 * @param random in [0, 1)
 */
export const nextAttempt = (failed: FailedAttempt, random: number): NextAttempt => {
  const scheduled = RETRY_SCHEDULE_SECONDS[failed.attempts]
  if (scheduled === undefined || failed.attempts >= STEPS[failed.policy ?? 'standard']) return { kind: 'exhausted' }
  const overloaded = failed.timedOut || (failed.httpStatus !== null && OVERLOAD_STATUSES.includes(failed.httpStatus))
  const jittered = scheduled * (1 - JITTER + 2 * JITTER * random)
  const base = overloaded ? Math.max(jittered, OVERLOAD_MINIMUM_SECONDS) : jittered
  const wished = failed.retryAfterSeconds ?? 0
  return { kind: 'retry', delaySeconds: Math.ceil(Math.min(Math.max(base, wished), 2 * base)) }
}

/** Retry-After as seconds: a number, or an HTTP date relative to now. Null when it is neither, or in the past. */
export const parseRetryAfter = (header: string | null | undefined, now: number): number | null => {
  if (!header) return null
  if (/^\d{1,9}$/.test(header.trim())) return Number(header)
  const at = Date.parse(header)
  return Number.isNaN(at) || at <= now ? null : Math.ceil((at - now) / 1000)
}
