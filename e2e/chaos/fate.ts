import type { CallName, Phase, RacePoint } from './race-points.ts'

/** What one call meets: it fails before or after its effect, or takes longer. */
export type CallFault =
  | { readonly kind: 'before' | 'after'; readonly error: Error }
  | { readonly kind: 'slow'; readonly ms: number }

const FOREVER = new Promise<never>(() => {})

/**
 * Whether a worker of this process is alive, stands still or is dead, as seen by everything outside of it: after a kill
 * no call leaves and no answer comes, as for a process that got SIGKILL. Its timers are stopped by `onKill`.
 */
export class Fate {
  phase: Phase = 'opening'
  /** called for each AWS call; the scenario's weather */
  faultOf: (call: CallName) => CallFault | null = () => null
  onKill: () => void = () => {}
  onPause: () => void = () => {}
  onResume: () => void = () => {}
  #armed: { phase: Phase; point: RacePoint; left: number; action: 'kill' | 'pause'; hit: () => void } | null = null
  #isDead = false
  #paused: PromiseWithResolvers<void> | null = null

  get isDead(): boolean {
    return this.#isDead
  }

  get isPaused(): boolean {
    return this.#paused !== null
  }

  /** The action strikes at the nth time that the point is reached in that phase. */
  arm(input: { phase: Phase; point: RacePoint; nth: number; action: 'kill' | 'pause' }): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#armed = { ...input, left: input.nth, hit: resolve }
    return promise
  }

  disarm(): void {
    this.#armed = null
  }

  /** Every place that may strike comes through here. Never resolves in a dead worker. */
  async at(point: RacePoint): Promise<void> {
    this.#strike(point)
    if (this.#isDead) return FOREVER
    if (this.#paused) await this.#paused.promise
    if (this.#isDead) return FOREVER
  }

  kill(): void {
    if (this.#isDead) return
    this.#isDead = true
    this.#paused?.resolve()
    this.onKill()
  }

  pause(): void {
    if (this.#isDead || this.#paused) return
    this.#paused = Promise.withResolvers<void>()
    this.onPause()
  }

  resume(): void {
    const paused = this.#paused
    this.#paused = null
    paused?.resolve()
    this.onResume()
  }

  /** For listeners that cannot wait. @returns whether the worker still runs */
  passes(point: RacePoint): boolean {
    this.#strike(point)
    return !this.#isDead
  }

  #strike(point: RacePoint): void {
    const armed = this.#armed
    if (!armed || armed.point !== point || armed.phase !== this.phase || --armed.left > 0) return
    this.#armed = null
    if (armed.action === 'kill') this.kill()
    else this.pause()
    armed.hit()
  }
}
