import { WhatsAppError } from './errors.ts'

/** What WhatsApp takes from one account without a word, with a margin; more is answered with 429 (baileys-facts §1.1). */
const BURST = 20
const PER_SECOND = 1
/** after a 429 nothing is asked for this long */
const PENALTY_MS = 60_000
/** whoever would wait longer is told so: the message stays in its queue, and other sessions' work goes on */
const WAIT_MAX_MS = 20_000
const TOO_MANY = 429

interface BudgetClock {
  now(): number
  sleep(ms: number): Promise<void>
}

const systemClock: BudgetClock = {
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}

const isTooMany = (error: unknown): boolean => (error as { data?: unknown } | null)?.data === TOO_MANY

/** Token bucket for the questions (IQs) that a session asks because of its own work. Outlives the socket. */
export class QueryBudget {
  readonly #clock: BudgetClock
  #tokens = BURST
  #at: number
  #blockedUntil = 0

  constructor(clock: BudgetClock = systemClock) {
    this.#clock = clock
    this.#at = clock.now()
  }

  /**
   * Asks when there is a token for it.
   * @throws WhatsAppError rate_limited: not asked, or refused with a 429
   */
  async spend<T>(ask: () => Promise<T>): Promise<T> {
    const waitMs = this.#take()
    if (waitMs > WAIT_MAX_MS) throw new WhatsAppError('rate_limited', 'too many questions to WhatsApp at once')
    if (waitMs > 0) await this.#clock.sleep(waitMs)
    try {
      return await ask()
    } catch (error) {
      if (!isTooMany(error)) throw error
      this.#blockedUntil = this.#clock.now() + PENALTY_MS
      throw new WhatsAppError('rate_limited', 'WhatsApp refused a question: too many of them', TOO_MANY, {
        cause: error,
      })
    }
  }

  /** @returns how long to wait for the token that was taken; nothing is taken when that is too long */
  #take(): number {
    const now = this.#clock.now()
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#at) / 1_000) * PER_SECOND)
    this.#at = now
    const tokenMs = this.#tokens >= 1 ? 0 : ((1 - this.#tokens) / PER_SECOND) * 1_000
    const waitMs = Math.max(tokenMs, this.#blockedUntil - now)
    if (waitMs <= WAIT_MAX_MS) this.#tokens -= 1
    return waitMs
  }
}
