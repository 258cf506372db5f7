import { fullJitterMs } from '../../shared/core/backoff.ts'

const REOPEN_MS = { base: 1_000, cap: 60_000 }

/** When the log of a session is opened again: later each time, until it was stable for a while. */
export class ReopenTimer {
  readonly #base: number
  readonly #cap: number
  #openings = 0
  #timer: NodeJS.Timeout | null = null

  constructor({ base, cap }: { readonly base: number; readonly cap: number } = REOPEN_MS) {
    this.#base = base
    this.#cap = cap
  }

  /** @returns whether this worker opened it before */
  countOpening(): boolean {
    return this.#openings++ > 0
  }

  /** The next trouble is not the continuation of the last: its back-off starts afresh. */
  forgetTrouble(): void {
    this.#openings = 1
  }

  /** In place of what was planned before. @returns the delay in ms */
  plan(open: () => void): number {
    this.stop()
    const delayMs = fullJitterMs(this.#openings, this.#base, this.#cap, 0.5 + Math.random() / 2)
    this.#timer = setTimeout(open, delayMs)
    return Math.round(delayMs)
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer)
  }
}
