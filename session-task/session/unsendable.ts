import { isSettled } from '../../shared/core/message-status.ts'
import { emitMetrics } from '../../shared/log/metrics.ts'
import { Endings } from '../../shared/store/endings.ts'
import { Messages } from '../../shared/store/messages.ts'
import type { Failure, MessageRow, OpenRow } from '../../shared/store/rows/message.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import { FAILURES } from './failures.ts'
import type { Journal } from './journal.ts'
import type { SessionContext } from './session-context.ts'

const PAGE_ROWS = 100
/** what is beyond it ends when it expires */
const ROWS_MAX = 10_000

/** Ends messages that this session cannot send (any more), with their records, while no connection does it. */
export class Unsendable {
  readonly #context: SessionContext
  readonly #log: SessionLog
  readonly #journal: Journal
  readonly #messages: Messages
  readonly #endings: Endings
  readonly #settled: () => Promise<void>

  constructor(input: {
    context: SessionContext
    sessionLog: SessionLog
    journal: Journal
    /** rows of everything journaled so far stand */
    settled: () => Promise<void>
  }) {
    this.#context = input.context
    this.#log = input.sessionLog
    this.#journal = input.journal
    this.#messages = new Messages(input.context.services.tables, input.context.scope)
    this.#endings = new Endings(input.context.services.tables, input.context.scope)
    this.#settled = input.settled
  }

  /** What the sweeper ended while nobody had the log gets its events. */
  async journalEnded(): Promise<void> {
    for (;;) {
      const rows = await this.#endings.list(this.#context.sessionId, PAGE_ROWS)
      if (rows.length === 0) return
      for (const { messageId, status, failure } of rows)
        if (status === 'failed') this.#journal.fail(messageId, failure)
        else this.#journal.unknown(messageId, failure)
      await this.#settled()
      // Projected or not: once it is in the log, whoever owns the session next will tell it.
      await this.#log.durable(this.#log.lastLsn)
      await Promise.all(
        rows.map(async ({ messageId }) => {
          // The log knew better: an ack that the sweeper could not see.
          const known = this.#log.state.out(messageId)?.settled
          if (known && known !== 'failed' && known !== 'unknown')
            await this.#messages.advance(messageId, { status: known, at: Date.now() })
          await this.#endings.drop(this.#context.sessionId, messageId)
        }),
      )
    }
  }

  /** Messages past `expiresAt`, while the session is away for long. */
  endExpired(): Promise<void> {
    const now = Date.now()
    return this.#endAll(
      (open) => open.expiresAt <= now,
      () => true,
      FAILURES.expired,
      FAILURES.expiredInFlight,
    )
  }

  /** Nothing of what was accepted before the phone was unlinked will ever be sent. */
  endAfter(end: 'loggedOut' | 'deleted', at: number): Promise<void> {
    return this.#endAll(
      () => true,
      (row) => end === 'deleted' || row.createdAt < at,
      FAILURES[end],
      FAILURES.unlinkedInFlight,
    )
  }

  async #endAll(
    isMeant: (open: OpenRow) => boolean,
    isOver: (row: MessageRow) => boolean,
    neverSent: Failure,
    inFlight: Failure,
  ): Promise<void> {
    const { sessionId, scope } = this.#context
    let afterSortKey: string | undefined
    for (let seen = 0; seen < ROWS_MAX; ) {
      const page = await this.#messages.listOpen(sessionId, { limit: PAGE_ROWS, afterSortKey })
      seen += page.rows.length
      afterSortKey = page.rows.at(-1)?.sk
      const rows = await Promise.all(page.rows.filter(isMeant).map(({ messageId }) => this.#messages.get(messageId)))
      let ended = 0
      for (const row of rows) {
        if (!row || isSettled(row.status) || !isOver(row)) continue
        ended++
        // Frames are counted by `out` records: without one, nothing has left.
        if ((this.#log.state.out(row.id)?.frames ?? 0) === 0) this.#journal.fail(row.id, neverSent)
        else this.#journal.unknown(row.id, inFlight)
      }
      if (ended > 0) {
        emitMetrics({ message_unsendable_count: [ended, 'Count'] }, { mode: scope.mode })
        await this.#settled()
      }
      if (page.end || afterSortKey === undefined) return
    }
  }
}
