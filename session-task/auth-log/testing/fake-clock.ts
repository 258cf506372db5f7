import type { Clock } from '../clock.ts'

interface Timer {
  at: number
  readonly callback: () => void
  readonly everyMs: number | null
}

/** Time that moves only when told. `pause` moves it without running timers, as for a process that stood still. */
export class FakeClock implements Clock {
  #elapsed = 0
  #wallOffset: number
  #timers: Timer[] = []

  constructor(wallStart = 1_800_000_000_000) {
    this.#wallOffset = wallStart
  }

  now(): number {
    return this.#wallOffset + this.#elapsed
  }

  monotonic(): number {
    return this.#elapsed
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#timers.push({ at: this.#elapsed + ms, callback: resolve, everyMs: null })
    })
  }

  every(ms: number, callback: () => void): () => void {
    const timer: Timer = { at: this.#elapsed + ms, callback, everyMs: ms }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Timers that somebody waits for (repeating ones do not count). */
  get sleepers(): number {
    return this.#timers.filter(({ everyMs }) => everyMs === null).length
  }

  /** Runs every timer that is due on the way, in order, letting promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms
    await settlePromises()
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0]
      if (!next) break
      this.#elapsed = Math.max(this.#elapsed, next.at)
      if (next.everyMs === null) this.#timers = this.#timers.filter((timer) => timer !== next)
      else next.at += next.everyMs
      next.callback()
      await settlePromises()
    }
    this.#elapsed = end
    await settlePromises()
  }

  /** The process (or its machine) stood still for this long; due timers run at the next `advance`. */
  pause(ms: number): void {
    this.#elapsed += ms
  }
}

const TURNS = 5

/** Lets everything that waits for no time run until it waits for some; `openInput` compresses without a thread pool. */
const settlePromises = async (): Promise<void> => {
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Sleeps that take no time but move the clock: for runs where only the order matters. */
export class InstantClock implements Clock {
  #elapsed = 0

  now(): number {
    return 1_800_000_000_000 + this.#elapsed
  }

  monotonic(): number {
    return this.#elapsed
  }

  async sleep(ms: number): Promise<void> {
    this.#elapsed += ms
    await new Promise((resolve) => setImmediate(resolve))
  }

  every(): () => void {
    return () => {}
  }
}
