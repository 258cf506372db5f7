import { steadyNow } from '../auth-log/steady-now.ts'

/** One timer at the earliest moment that was asked for. */
export class WakeTimer {
  readonly #onWake: () => void
  readonly #capMs: number
  #timer: NodeJS.Timeout | null = null
  #at = 0
  #isStopped = false

  /** @param capMs wakes at the latest after this long: far moments are asked for again */
  constructor(onWake: () => void, capMs: number) {
    this.#onWake = onWake
    this.#capMs = capMs
  }

  wakeIn(ms: number): void {
    if (this.#isStopped) return
    const at = steadyNow() + Math.min(ms, this.#capMs) + 1
    if (this.#timer && this.#at <= at) return
    if (this.#timer) clearTimeout(this.#timer)
    this.#at = at
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#onWake()
    }, at - steadyNow())
    this.#timer.unref()
  }

  /** Does it wake by itself that soon? */
  isDueIn(ms: number): boolean {
    return this.#timer !== null && this.#at <= steadyNow() + ms
  }

  stop(): void {
    this.#isStopped = true
    if (this.#timer) clearTimeout(this.#timer)
  }
}
