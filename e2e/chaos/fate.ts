import type { CallName, Phase, RacePoint } from './race-points.ts'

/** What one call meets: it fails before or after its effect, or takes longer. */
export type CallFault =
  | { readonly kind: 'before' | 'after'; readonly error: Error }
  | { readonly kind: 'slow'; readonly ms: number }

/** Stop at the nth time that a race point is reached in a phase. */
export interface Strike {
  readonly phase: Phase
  readonly point: RacePoint
  readonly nth: number
  readonly action: 'kill' | 'pause'
}

/** One of its own for each that waits: a shared one would keep every dead worker in memory. */
const forever = () => new Promise<never>(() => {})

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
  /** the phase of the code that runs; a process with several sessions knows it by session */
  phaseOf: () => Phase = () => this.phase
  /** does a frame wait for its record to be durable? */
  isFrameWaiting: () => boolean = () => true
  #armed: (Strike & { left: number; hit: () => void }) | null = null
  #isDead = false
  #paused: PromiseWithResolvers<void> | null = null

  get isDead(): boolean {
    return this.#isDead
  }

  get isPaused(): boolean {
    return this.#paused !== null
  }

  /** The action strikes at the nth time that the point is reached in that phase. */
  arm(input: Strike, onHit: () => void = () => {}): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const hit = () => {
      onHit()
      resolve()
    }
    this.#armed = { ...input, left: input.nth, hit }
    return promise
  }

  disarm(): void {
    this.#armed = null
  }

  /** Every place that may strike comes through here. Never resolves in a dead worker. */
  async at(point: RacePoint): Promise<void> {
    this.#strike(point)
    if (this.#isDead) return forever()
    if (this.#paused) await this.#paused.promise
    if (this.#isDead) return forever()
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
    // A zombie proves something only when it wakes with a frame in its hands.
    if (armed?.action === 'pause' && point === 'segment.before' && !this.isFrameWaiting()) return
    if (!armed || armed.point !== point || armed.phase !== this.phaseOf() || --armed.left > 0) return
    this.#armed = null
    // Told before: a real process is gone, or stands still, within the next line.
    armed.hit()
    if (armed.action === 'kill') this.kill()
    else this.pause()
  }
}
