import type { Messages } from '../../shared/store/messages.ts'
import type { OpenRow } from '../../shared/store/rows/message.ts'
import { steadyNow } from '../auth-log/steady-now.ts'
import type { WakeTimer } from './wake-timer.ts'

/** waits shorter than this are nobody's business */
const TOLD_MS = 10_000

/** OPEN rows that are not looked at before a moment of their own. */
export class OpenDelays {
  readonly #messages: Messages
  readonly #wake: WakeTimer
  readonly #until = new Map<string, number>()

  constructor(messages: Messages, wake: WakeTimer) {
    this.#messages = messages
    this.#wake = wake
  }

  delay(messageId: string, ms: number): void {
    this.#until.set(messageId, steadyNow() + ms)
    this.#wake.wakeIn(ms)
  }

  /**
   * Held back by the pace, and looked at again when it expires before that. A long wait is written down, so that the
   * tenant sees until when.
   */
  async hold({ messageId, expiresAt }: OpenRow, notBefore: number, now: number): Promise<void> {
    this.delay(messageId, Math.max(0, Math.min(notBefore, expiresAt) - now))
    if (notBefore - now >= TOLD_MS) await this.#messages.delay(messageId, notBefore)
  }

  clear(): void {
    this.#until.clear()
  }

  /** The next rows that may go as far as their own time says. `nextAt`: rows from here on are for later. */
  candidates(rows: readonly OpenRow[], limit: number, now: number, isInFlight: (messageId: string) => boolean) {
    const candidates: OpenRow[] = []
    for (const [index, row] of rows.entries()) {
      if (row.notBefore > now) return { candidates, used: index, nextAt: row.notBefore }
      if (candidates.length === limit) return { candidates, used: index, nextAt: null }
      if (!isInFlight(row.messageId) && !this.#isDelayed(row.messageId)) candidates.push(row)
    }
    return { candidates, used: rows.length, nextAt: null }
  }

  #isDelayed(messageId: string): boolean {
    const now = steadyNow()
    const until = this.#until.get(messageId)
    if (until === undefined) return false
    if (until <= now) this.#until.delete(messageId)
    return until > now
  }
}
