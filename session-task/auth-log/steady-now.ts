/**
 * Epoch milliseconds by the monotonic clock: what the wall clock said when the process began, and what passed since. For
 * durations inside one process (back-offs, delays, time to live): somebody who sets the clock moves none of them.
 */
export const steadyNow = (): number => performance.timeOrigin + performance.now()
