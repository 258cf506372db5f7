import { OperationRows } from '../../../shared/store/operation-rows.ts'
import type { OpenOperationRow } from '../../../shared/store/rows/operation.ts'
import { LogLostError, type SessionLog } from '../../auth-log/session-log.ts'
import type { WhatsAppConnection } from '../../whatsapp/connection.ts'
import type { ContactBook } from '../contact-book.ts'
import type { SessionContext } from '../session-context.ts'
import type { Standing } from '../standing.ts'
import { WakeTimer } from '../wake-timer.ts'
import { OperationAttempt } from './operation-attempt.ts'

const PAGE_ROWS = 50
/** Questions wait for each other at WhatsApp anyway; more than a few would only hold rows. */
const WINDOW = 8
const SWEEP_MS = 5 * 60_000
const RETRY_DELAY_MS = 3_000
const DRAIN_MS = 5_000

/**
 * Carries out a session's OPENOP rows over whatever connection is attached. They never wait behind messages; what changes
 * something waits for what changed something before it.
 */
export class OperationRunner {
  readonly #context: SessionContext
  readonly #rows: OperationRows
  readonly #attempt: OperationAttempt
  readonly #wake = new WakeTimer(() => this.ring(), SWEEP_MS)
  readonly #sweepTimer: NodeJS.Timeout
  readonly #running = new Map<string, Promise<void>>()
  #connection: WhatsAppConnection | null = null
  #sweeping: Promise<void> | null = null
  #isDirty = false
  #isStopped = false

  constructor(input: { context: SessionContext; sessionLog: SessionLog; book: ContactBook; standing: Standing }) {
    this.#context = input.context
    this.#rows = new OperationRows(input.context.services.tables, input.context.scope)
    this.#attempt = new OperationAttempt({ ...input, rows: this.#rows })
    this.#sweepTimer = setInterval(() => this.ring(), SWEEP_MS * (0.8 + Math.random() * 0.4))
    this.#sweepTimer.unref()
  }

  attach(connection: WhatsAppConnection): void {
    this.#connection = connection
    this.ring()
  }

  detach(): void {
    this.#connection = null
  }

  /** There may be something to do. */
  ring(): void {
    this.#isDirty = true
    if (this.#sweeping || this.#isStopped || !this.#connection) return
    this.#sweeping = this.#sweep()
      .catch((error) => {
        if (error instanceof LogLostError) return
        this.#context.log.warn({ error: String(error) }, 'operations cannot be read, trying again')
        this.#wake.wakeIn(RETRY_DELAY_MS)
      })
      .finally(() => {
        this.#sweeping = null
      })
  }

  /** Nothing new is begun; resolves when nothing runs any more, or after 5 s: then the next owner finds what runs. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#sweepTimer)
    this.#wake.stop()
    await this.#sweeping
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, DRAIN_MS)
    if (this.#connection) await Promise.race([Promise.allSettled(this.#running.values()), promise])
    clearTimeout(timer)
  }

  async #sweep(): Promise<void> {
    while (this.#isDirty && !this.#isStopped && this.#connection && this.#context.services.mayClaim()) {
      this.#isDirty = false
      let afterSortKey: string | undefined
      for (;;) {
        const page = await this.#rows.listOpen(this.#context.sessionId, { limit: PAGE_ROWS, afterSortKey })
        for (const row of page.rows) {
          // The end of any of these rings.
          if (this.#running.size >= WINDOW) return
          this.#start(row)
        }
        afterSortKey = page.rows.at(-1)?.sk
        if (page.end || afterSortKey === undefined) break
      }
    }
  }

  #start(open: OpenOperationRow): void {
    const connection = this.#connection
    const { operationId } = open
    if (!connection || this.#isStopped || this.#running.has(operationId)) return
    const isCurrent = () => this.#connection === connection && !this.#isStopped
    const work = this.#attempt
      .run(open, connection, isCurrent)
      .catch((error) => {
        if (error instanceof LogLostError) return 'later' as const
        this.#context.log.warn({ operationId, error: String(error) }, 'an operation could not be carried out now')
        return 'later' as const
      })
      .then((outcome) => {
        this.#running.delete(operationId)
        // What came while the window was full is still to be read.
        if (outcome === 'later') this.#wake.wakeIn(RETRY_DELAY_MS)
        else this.ring()
      })
    this.#running.set(operationId, work)
  }
}
