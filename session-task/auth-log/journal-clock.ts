import type { Clock } from './clock.ts'

const JUMP_MS = 24 * 3_600_000

/**
 * Time of appends, by which the log forgets what is old. A wall clock that jumps for a moment must not make it forget
 * 14 days at once, nor make it take everything new for old: more than a day off what the monotonic clock says is not
 * believed, and time never goes back behind what the log has seen.
 */
export class JournalClock {
  readonly #clock: Clock
  readonly #onJump: (jumpMs: number) => void
  readonly #wall: number
  readonly #monotonic: number
  #hasJumped = false

  constructor(clock: Clock, onJump: (jumpMs: number) => void) {
    this.#clock = clock
    this.#onJump = onJump
    this.#wall = clock.now()
    this.#monotonic = clock.monotonic()
  }

  /** @param seen newest journal time of the log, epoch milliseconds */
  now(seen: number): number {
    const wall = this.#clock.now()
    const expected = this.#wall + this.#clock.monotonic() - this.#monotonic
    const hasJumped = Math.abs(wall - expected) > JUMP_MS
    if (hasJumped && !this.#hasJumped) this.#onJump(wall - expected)
    this.#hasJumped = hasJumped
    return Math.max(seen, hasJumped ? expected : wall)
  }
}
