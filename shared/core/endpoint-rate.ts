/**
 * Rate per endpoint: a token bucket kept as one number (GCRA: the theoretical arrival time `tat`), so that taking a slot is
 * one conditional write and a crash leaks at most one slot; and AIMD of the rate itself (platform-facts §1.4).
 */
export interface RateState {
  /** current rate; null: the configured ceiling */
  readonly ratePerSecond: number | null
  readonly successesAtRate: number
}

export const FRESH_RATE: RateState = { ratePerSecond: null, successesAtRate: 0 }
export const DEFAULT_RATE_PER_SECOND = 50
const BURST_SECONDS = 2
const SUCCESSES_PER_STEP = 20
/** How far ahead slots are given out; beyond that the delivery asks again later. */
const RESERVATION_HORIZON_MS = 30_000

export const slotIntervalMs = (ratePerSecond: number): number => 1000 / ratePerSecond
/** Slots that may be taken at once after a pause; never less than one. */
export const burstOf = (ratePerSecond: number): number => Math.max(1, Math.floor(ratePerSecond * BURST_SECONDS))

/**
 * When the slot that moved the arrival time to `tat` may be used: at once while the burst lasts, later after that.
 * @param tat after the slot was taken
 */
export const slotTime = (tat: number, now: number, ratePerSecond: number): number =>
  Math.max(now, Math.ceil(tat - burstOf(ratePerSecond) * slotIntervalMs(ratePerSecond)))

/** Latest arrival time at which another slot is given out. */
export const latestTat = (now: number, ratePerSecond: number): number =>
  now + burstOf(ratePerSecond) * slotIntervalMs(ratePerSecond) + RESERVATION_HORIZON_MS

/**
 * AIMD: half on overload (429 or time-out), +1 per 20 successes up to the ceiling. The same object when nothing changed.
 */
export const adaptRate = (
  before: RateState,
  outcome: 'success' | 'overloaded' | 'other',
  ceiling: number,
): RateState => {
  const current = Math.min(ceiling, before.ratePerSecond ?? ceiling)
  if (outcome === 'overloaded') return { ratePerSecond: Math.max(1, Math.floor(current / 2)), successesAtRate: 0 }
  if (outcome === 'other' || before.ratePerSecond === null) return before
  const successesAtRate = before.successesAtRate + 1
  if (successesAtRate < SUCCESSES_PER_STEP) return { ratePerSecond: current, successesAtRate }
  return current + 1 >= ceiling ? FRESH_RATE : { ratePerSecond: current + 1, successesAtRate: 0 }
}

export const rateOf = (state: RateState, ceiling: number): number => Math.min(ceiling, state.ratePerSecond ?? ceiling)
