/**
 * Health of a webhook endpoint as pure decisions (platform-facts §1.4): the breaker that keeps a dead receiver from being
 * called again and again, and the ladder of warnings that ends with the endpoint being disabled.
 */
export interface BreakerState {
  readonly state: 'closed' | 'open'
  readonly consecutiveFailures: number
  /** starts with a failure, so that a healthy endpoint costs no write per success; null: no failure lately */
  readonly window: { readonly startedAt: number; readonly failures: number; readonly successes: number } | null
  readonly openedAt: number | null
  /** open: before this time nobody calls the endpoint; at it, one probe goes */
  readonly probeAt: number | null
  readonly probeIntervalSeconds: number
  readonly probeSuccesses: number
  /** first failure since the last success; null: the last attempt succeeded */
  readonly failingSince: number | null
  /** warnings given since failingSince: open, 1 h, 24 h, 72 h */
  readonly warnings: number
}

export const FRESH_BREAKER: BreakerState = {
  state: 'closed',
  consecutiveFailures: 0,
  window: null,
  openedAt: null,
  probeAt: null,
  probeIntervalSeconds: 30,
  probeSuccesses: 0,
  failingSince: null,
  warnings: 0,
}

const CONSECUTIVE_LIMIT = 10
const WINDOW_MS = 5 * 60_000
const WINDOW_MINIMUM = 20
const FIRST_PROBE_SECONDS = 30
const LONGEST_PROBE_SECONDS = 600
const SUCCESSES_TO_CLOSE = 3
const HOUR_MS = 3_600_000
/** After the breaker has opened: 1 h, 24 h, 72 h of failure. */
const WARNING_AGES_MS = [0, HOUR_MS, 24 * HOUR_MS, 72 * HOUR_MS]
export const DISABLE_AFTER_MS = 5 * 24 * HOUR_MS
/** A probe's claim: longer than the deadline of a POST; a prober that dies gives way after it. */
const PROBE_LEASE_MS = 45_000

export type BreakerSignal = 'opened' | 'closed' | 'warn' | 'disable'

/**
 * What follows for the endpoint from one attempt. Attempts that were under way when the breaker opened are no probes: their
 * failures do not stretch the probe interval. The same object comes back when nothing changed: no write then.
 */
export const recordAttempt = (
  before: BreakerState,
  succeeded: boolean,
  now: number,
  isProbe = true,
): { after: BreakerState; signals: BreakerSignal[] } =>
  succeeded ? recordSuccess(before, now) : recordFailure(before, now, isProbe)

const recordSuccess = (before: BreakerState, now: number): { after: BreakerState; signals: BreakerSignal[] } => {
  if (before.state === 'open') {
    const probeSuccesses = before.probeSuccesses + 1
    if (probeSuccesses >= SUCCESSES_TO_CLOSE) return { after: FRESH_BREAKER, signals: ['closed'] }
    return { after: { ...before, probeSuccesses, probeAt: now, consecutiveFailures: 0 }, signals: [] }
  }
  const window = before.window && before.window.startedAt + WINDOW_MS > now ? before.window : null
  if (!window && before.consecutiveFailures === 0 && before.failingSince === null && before.window === null)
    return { after: before, signals: [] }
  return {
    after: { ...FRESH_BREAKER, window: window && { ...window, successes: window.successes + 1 } },
    signals: [],
  }
}

const recordFailure = (
  before: BreakerState,
  now: number,
  isProbe: boolean,
): { after: BreakerState; signals: BreakerSignal[] } => {
  const failingSince = before.failingSince ?? now
  const consecutiveFailures = before.consecutiveFailures + 1
  const running = before.window && before.window.startedAt + WINDOW_MS > now ? before.window : null
  const window = running
    ? { ...running, failures: running.failures + 1 }
    : { startedAt: now, failures: 1, successes: 0 }
  const failed = { ...before, failingSince, consecutiveFailures, window }
  const signals: BreakerSignal[] = []
  let after: BreakerState = failed
  if (before.state === 'open') {
    const interval = Math.min(LONGEST_PROBE_SECONDS, before.probeIntervalSeconds * 2)
    if (isProbe)
      after = { ...failed, probeSuccesses: 0, probeIntervalSeconds: interval, probeAt: now + interval * 1000 }
  } else if (opens(consecutiveFailures, window)) {
    signals.push('opened')
    after = {
      ...failed,
      state: 'open',
      openedAt: now,
      probeIntervalSeconds: FIRST_PROBE_SECONDS,
      probeAt: now + FIRST_PROBE_SECONDS * 1000,
      probeSuccesses: 0,
    }
  }
  const failingForMs = now - failingSince
  if (after.state === 'open') {
    const deserved = WARNING_AGES_MS.filter((age) => failingForMs >= age).length
    if (deserved > before.warnings) {
      signals.push('warn')
      after = { ...after, warnings: deserved }
    }
  }
  if (failingForMs >= DISABLE_AFTER_MS) signals.push('disable')
  return { after, signals }
}

const opens = (consecutive: number, window: { failures: number; successes: number }): boolean => {
  const total = window.failures + window.successes
  return consecutive >= CONSECUTIVE_LIMIT || (total >= WINDOW_MINIMUM && window.failures * 2 >= total)
}

/**
 * May an attempt go out now? `probe`: yes, when the caller wins the write of `after` (one shared probe: the next one waits
 * until its claim is over). `hold`: not before `probeAt`.
 */
export const admitAttempt = (
  before: BreakerState,
  now: number,
): { kind: 'go' } | { kind: 'probe'; after: BreakerState } | { kind: 'hold'; probeAt: number } => {
  if (before.state === 'closed') return { kind: 'go' }
  const probeAt = before.probeAt ?? now
  if (now < probeAt) return { kind: 'hold', probeAt }
  return { kind: 'probe', after: { ...before, probeAt: now + PROBE_LEASE_MS } }
}
