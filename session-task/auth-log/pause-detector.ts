import type { Clock } from './clock.ts'

const TICK_MS = 5_000
const PAUSE_MS = 60_000

/**
 * Notices that this process stood still for more than 60 s, on the wall clock or the monotonic one (a frozen VM stops
 * the latter). Its own slots may have been cleaned up meanwhile, so that an old put would succeed again: the log asks
 * HEAD before the next frame. One per process is enough.
 */
export class PauseDetector {
  readonly #clock: Clock
  readonly #stop: () => void
  #wall: number
  #monotonic: number
  #pauses = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#wall = clock.now()
    this.#monotonic = clock.monotonic()
    this.#stop = clock.every(TICK_MS, () => this.pauses())
  }

  /** How many pauses were seen so far, this moment included. */
  pauses(): number {
    const wall = this.#clock.now()
    const monotonic = this.#clock.monotonic()
    if (Math.abs(wall - this.#wall) > PAUSE_MS || monotonic - this.#monotonic > PAUSE_MS) this.#pauses++
    this.#wall = wall
    this.#monotonic = monotonic
    return this.#pauses
  }

  stop(): void {
    this.#stop()
  }
}
