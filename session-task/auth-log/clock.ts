/** Time as the log sees it; tests inject their own. */
export interface Clock {
  /** wall clock, epoch milliseconds */
  now(): number
  /** milliseconds that never go back */
  monotonic(): number
  sleep(ms: number): Promise<void>
  /** Calls back every `ms` without keeping the process alive. @returns stop */
  every(ms: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  every: (ms, callback) => {
    const timer = setInterval(callback, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
}
