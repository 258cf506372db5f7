const WINDOW_MS = 5 * 60_000
const SESSIONS = 3
const HOLD_MS = 5 * 60_000

/**
 * WhatsApp refuses our client version (405). It does so for everybody, so more attempts only draw attention: once more
 * than three sessions of this worker heard it within five minutes, no session connects; after five minutes one may try,
 * and what it hears decides for all. The version comes from the configuration, which somebody has to change.
 */
export class VersionBreaker {
  readonly #refusedAt = new Map<string, number>()
  #heldUntil = 0

  /** @returns true when this refusal opened the breaker: worth an alarm */
  onRefused(sessionId: string, now: number): boolean {
    const wasOpen = this.#heldUntil > 0
    this.#refusedAt.set(sessionId, now)
    for (const [id, at] of this.#refusedAt) if (now - at >= WINDOW_MS) this.#refusedAt.delete(id)
    if (!wasOpen && this.#refusedAt.size <= SESSIONS) return false
    this.#heldUntil = now + HOLD_MS
    return !wasOpen
  }

  /** A login was accepted. */
  onAccepted(): void {
    this.#heldUntil = 0
    this.#refusedAt.clear()
  }

  /** How long a session has to wait before it may connect; 0: now, and the next one waits for what this one hears. */
  holdMs(now: number): number {
    if (this.#heldUntil === 0) return 0
    if (now < this.#heldUntil) return this.#heldUntil - now
    this.#heldUntil = now + HOLD_MS
    return 0
  }
}
