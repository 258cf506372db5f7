import type { SessionRow } from '../../shared/store/rows/session.ts'
import { LogLostError, type SessionLog } from '../auth-log/session-log.ts'
import type { ContactBook } from './contact-book.ts'
import type { Journal } from './journal.ts'
import type { SessionContext } from './session-context.ts'
import type { Standing } from './standing.ts'
import { Unsendable } from './unsendable.ts'

const REVIEW_MS = 5 * 60_000

/** What a session has to tell that no socket and no ring brings up. */
export class Housekeeping {
  readonly #context: SessionContext
  readonly #sessionLog: SessionLog
  readonly #journal: Journal
  readonly #standing: Standing
  readonly #book: ContactBook
  readonly #settled: () => Promise<void>
  readonly #isConnected: () => boolean
  readonly #unsendable: Unsendable
  readonly #timer: NodeJS.Timeout
  #isStopped = false

  constructor(input: {
    context: SessionContext
    sessionLog: SessionLog
    journal: Journal
    standing: Standing
    book: ContactBook
    /** rows of everything journaled so far stand */
    settled: () => Promise<void>
    isConnected: () => boolean
  }) {
    this.#context = input.context
    this.#sessionLog = input.sessionLog
    this.#journal = input.journal
    this.#standing = input.standing
    this.#book = input.book
    this.#settled = input.settled
    this.#isConnected = input.isConnected
    this.#unsendable = new Unsendable(input)
    this.#timer = setInterval(() => void this.#review(), REVIEW_MS * (0.8 + Math.random() * 0.4))
    this.#timer.unref()
  }

  stop(): void {
    this.#isStopped = true
    clearInterval(this.#timer)
  }

  /**
   * After the log was opened and replayed: what owners before us left untold.
   * @param before META as it was before the replay, which may have written older states
   */
  async afterOpen(before: SessionRow | null): Promise<void> {
    this.#tellStorageLoss(before)
    await this.#unsendable.journalEnded()
    await this.#tellMerges(true)
  }

  /** Rows of new records stand: contacts may have become one. */
  afterProjection(): void {
    setImmediate(() => void this.#calmly('merged contacts', () => this.#tellMerges(false)))
  }

  /** Nothing of what was accepted before will ever be sent. */
  endMessages(because: 'loggedOut' | 'deleted'): Promise<void> {
    return this.#unsendable.endAfter(because, Date.now())
  }

  /** While no connection looks after them: expired messages end, and so do those that the sweeper ended for us. */
  #review(): Promise<void> {
    return this.#calmly('unsent messages', async () => {
      await this.#unsendable.journalEnded()
      if (!this.#isConnected()) await this.#unsendable.endExpired()
    })
  }

  /** While the log could not be written META alone said so; the event follows now that it can (protocol §5, C2). */
  #tellStorageLoss(row: SessionRow | null): void {
    if (row?.status === 'reconnecting' && row.reason?.code === 'storage_unavailable')
      this.#standing.say({ status: 'reconnecting', reason: row.reason, eventType: 'session.disconnected' })
  }

  #tellMerges(isForced: boolean): Promise<void> {
    const { sessionLog, journal, settled } = {
      sessionLog: this.#sessionLog,
      journal: this.#journal,
      settled: this.#settled,
    }
    return this.#book.tellMerges({ sessionLog, journal, settled }, isForced)
  }

  async #calmly(what: string, task: () => Promise<void>): Promise<void> {
    if (this.#isStopped) return
    try {
      await task()
    } catch (error) {
      if (!(error instanceof LogLostError))
        this.#context.log.warn({ what, error: String(error) }, 'not looked after now, next time')
    }
  }
}
