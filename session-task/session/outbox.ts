import { emitMetrics } from '../../shared/log/metrics.ts'
import { Messages } from '../../shared/store/messages.ts'
import type { OpenRow } from '../../shared/store/rows/message.ts'
import type { SequencedRecord } from '../auth-log/records.ts'
import { LogLostError, type SessionLog } from '../auth-log/session-log.ts'
import type { ConnectionEvents, WhatsAppConnection } from '../whatsapp/connection.ts'
import type { NewChatLimit } from '../whatsapp/new-chat-limits.ts'
import { ChatTurns } from './chat-turns.ts'
import type { ContactBook } from './contact-book.ts'
import { InFlight } from './in-flight.ts'
import type { Journal } from './journal.ts'
import { NewChats } from './new-chats.ts'
import { OpenDelays } from './open-delays.ts'
import { OutboxAnswers } from './outbox-answers.ts'
import { OutboxAttempt } from './outbox-attempt.ts'
import type { Pacer } from './pacer.ts'
import type { SessionContext } from './session-context.ts'
import type { Standing } from './standing.ts'
import { WakeTimer } from './wake-timer.ts'

const WINDOW = 32
/** OPEN is read again when half of the window is free: one query for many messages */
const REFILL_BELOW = WINDOW / 2
const PAGE_ROWS = 100
const RETRY_DELAY_MS = 5_000
const SWEEP_MS = 5 * 60_000
/** What has been due for longer than this, somebody should have rung for: rings take a second or two. */
const RING_MS = 30_000
const SOON_MS = 1_000
const DRAIN_MS = 10_000

type DueRow = OpenRow & { readonly isNewChat: boolean }

/** Sends a session's OPEN rows over whatever connection is attached (protocol §6). */
export class Outbox {
  readonly #context: SessionContext
  readonly #messages: Messages
  readonly #flights: InFlight
  readonly #attempt: OutboxAttempt
  readonly #pacer: Pacer
  readonly #newChats: NewChats
  readonly #answers: OutboxAnswers
  readonly #wake = new WakeTimer(() => this.ring(), SWEEP_MS)
  readonly #sweepTimer: NodeJS.Timeout
  readonly #delays: OpenDelays
  readonly #chats = new ChatTurns()
  #connection: WhatsAppConnection | null = null
  #pumping: Promise<void> | null = null
  #isDirty = false
  #isBackstop = false
  #isStopped = false

  constructor(input: {
    context: SessionContext
    sessionLog: SessionLog
    journal: Journal
    book: ContactBook
    pacer: Pacer
    standing: Standing
    /** a frame had no answer for 30 s: the connection is not to be trusted */
    onNoAck: () => void
    ackTimeoutMs?: number
  }) {
    const { context, sessionLog, journal } = input
    this.#context = context
    this.#pacer = input.pacer
    this.#messages = new Messages(context.services.tables, context.scope)
    this.#delays = new OpenDelays(this.#messages, this.#wake)
    this.#flights = new InFlight({
      sessionLog,
      dimensions: { mode: context.scope.mode },
      onLanded: () => {
        if (this.#isDirty && this.#flights.size <= REFILL_BELOW) this.ring()
      },
    })
    this.#answers = new OutboxAnswers({
      sessionLog,
      journal,
      flights: this.#flights,
      onChatRefused: (isNewChat) => this.#newChats.onRefused(isNewChat, this.#connection),
    })
    this.#attempt = new OutboxAttempt({
      context,
      sessionLog,
      journal,
      messages: this.#messages,
      flights: this.#flights,
      book: input.book,
      own: () => input.standing.own,
      typesBefore: () => input.standing.row?.pacing?.typing === true,
      ackTimeoutMs: input.ackTimeoutMs,
      onNoAck: input.onNoAck,
      delay: (messageId, ms) => this.#delays.delay(messageId, ms),
    })
    this.#newChats = new NewChats(context, input.standing)
    const sweepMs = (context.services.outboxSweepMs ?? SWEEP_MS) * (0.8 + Math.random() * 0.4)
    this.#sweepTimer = setInterval(() => this.#lookUnasked(), sweepMs)
    this.#sweepTimer.unref()
  }

  get inFlightCount(): number {
    return this.#flights.size
  }

  attach(connection: WhatsAppConnection): void {
    this.#connection = connection
    this.ring()
  }

  /** The connection closed: what was not acked is sent again over the next one, the same bytes under the same id. */
  detach(): void {
    this.#connection = null
    this.#flights.landUnanswered()
  }

  /** There may be something to send. */
  ring(): void {
    this.#isDirty = true
    if (this.#pumping || this.#isStopped || !this.#connection) return
    this.#pumping = this.#pump()
      .catch((error) => {
        if (error instanceof LogLostError) return
        this.#context.log.warn({ error: String(error) }, 'the outbox cannot be read, trying again')
        this.#isDirty = false
        this.#wake.wakeIn(RETRY_DELAY_MS)
      })
      .finally(() => {
        this.#pumping = null
        if (this.#isDirty && this.#flights.size <= REFILL_BELOW && this.#context.services.mayClaim()) this.ring()
      })
  }

  /** Nobody rang, and nothing is about to be looked at: what is found now, a ring was lost for. */
  #lookUnasked(): void {
    this.#isBackstop = !this.#pumping && !this.#isDirty && !this.#wake.isDueIn(SOON_MS)
    this.ring()
  }

  /** The pace may be another one now: what waited for the old one is looked at again. */
  repace(): void {
    this.#delays.clear()
    this.ring()
  }

  /** No more claims; resolves when nothing is in flight, or after 10 s. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#sweepTimer)
    this.#wake.stop()
    await this.#pumping
    if (this.#connection) await this.#flights.emptied(DRAIN_MS)
    this.#flights.landAll()
  }

  onServerAck(ack: Parameters<ConnectionEvents['onServerAck']>[0]): void {
    this.#answers.onServerAck(ack)
  }

  onReceipt(receipt: Parameters<ConnectionEvents['onReceipt']>[0]): void {
    this.#answers.onReceipt(receipt)
  }

  /** Rows of these records stand: their messages are not in flight any more. */
  onProjected(records: readonly SequencedRecord[]): void {
    for (const record of records)
      if (record.t === 'status' || record.t === 'fail' || record.t === 'unknown') this.#flights.land(record.messageId)
  }

  async #pump(): Promise<void> {
    while (this.#isDirty && !this.#isStopped && this.#connection) {
      if (this.#flights.size >= WINDOW || !this.#context.services.mayClaim()) return
      this.#isDirty = false
      await this.#sweep(this.#connection)
      this.#isBackstop = false
    }
  }

  /** Reads OPEN from its start, past what is in flight or delayed, until the window is full or the end is reached. */
  async #sweep(connection: WhatsAppConnection): Promise<void> {
    const { sessionId } = this.#context
    let afterSortKey: string | undefined
    for (;;) {
      const page = await this.#messages.listOpen(sessionId, { limit: PAGE_ROWS, afterSortKey })
      let rest = page.rows
      while (rest.length > 0) {
        const free = WINDOW - this.#flights.size
        if (free <= 0) {
          this.#isDirty = true
          return
        }
        const now = Date.now()
        const { candidates, used, nextAt } = this.#delays.candidates(rest, free, now, (messageId) =>
          this.#flights.has(messageId),
        )
        rest = rest.slice(used)
        const goesOn = await this.#admitAll(candidates, connection, now)
        if (!goesOn || this.#connection !== connection || this.#isStopped) return
        if (nextAt !== null) return this.#wake.wakeIn(nextAt - now)
      }
      afterSortKey = page.rows.at(-1)?.sk
      if (page.end || afterSortKey === undefined) return
    }
  }

  /** @returns false when the pace of the account holds: rows behind these wait as well */
  async #admitAll(rows: readonly OpenRow[], connection: WhatsAppConnection, now: number): Promise<boolean> {
    const areNewChats = await Promise.all(rows.map((row) => this.#pacer.isNewChat(row)))
    const due: DueRow[] = []
    let goesOn = true
    for (const [index, row] of rows.entries()) {
      const isNewChat = areNewChats[index] ?? false
      // What expired is ended, not sent: no pace holds that back.
      if (row.expiresAt <= now) {
        due.push({ ...row, isNewChat })
        continue
      }
      if (!goesOn) {
        this.#wake.wakeIn(row.expiresAt - now)
        continue
      }
      const answer = await this.#pacer.admit(row, isNewChat, now)
      if (answer.admitted) due.push({ ...row, isNewChat })
      else {
        await this.#delays.hold(row, answer.notBefore, now)
        goesOn = answer.because !== 'gap' && answer.because !== 'quietHours'
      }
    }
    await this.#startAll(due, connection)
    return goesOn
  }

  /** Claims side by side; what was claimed joins its chat's queue in OPEN order. */
  async #startAll(rows: readonly DueRow[], connection: WhatsAppConnection): Promise<void> {
    if (this.#connection !== connection) return
    if (this.#isBackstop) this.#countUnrung(rows)
    for (const { messageId, isNewChat } of rows) this.#flights.start(messageId, connection, isNewChat)
    const claims = await Promise.all(rows.map((row) => this.#attempt.claim(row)))
    for (const claimed of claims) {
      if (!claimed) continue
      const chat = claimed.to.phone ?? claimed.to.jid ?? claimed.to.lid ?? ''
      const isAttached = () => this.#connection === connection
      this.#chats.join(chat, () => this.#attempt.send(claimed, connection, isAttached))
    }
  }

  /** The canary of the rings: nothing is lost, but these messages waited for minutes. */
  #countUnrung(rows: readonly DueRow[]): void {
    const before = Date.now() - RING_MS
    const unrung = rows.filter(({ notBefore }) => notBefore < before)
    if (unrung.length === 0) return
    const { log, scope } = this.#context
    log.warn({ messageIds: unrung.map(({ messageId }) => messageId) }, 'nobody rang for messages that were due')
    emitMetrics({ message_unrung_count: [unrung.length, 'Count'] }, { mode: scope.mode })
  }

  /** WhatsApp said whether new chats are allowed; what waited for that is looked at again. */
  onNewChatLimit(limit: NewChatLimit): void {
    this.#newChats.onLimit(limit)
    this.repace()
  }
}
