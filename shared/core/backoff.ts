/**
 * Exponential back-off with full jitter: a random delay in [0, min(cap, base · 2^attempt)].
 * @param attempt 0 for the first retry
 * @param random  a number in [0, 1), injected so that tests are exact
 */
export const fullJitterMs = (attempt: number, baseMs: number, capMs: number, random: number): number =>
  Math.floor(Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30)) * random)
