import { randomUUID } from 'node:crypto'
import { isSettled } from '../../shared/core/message-status.ts'
import { emitMetrics } from '../../shared/log/metrics.ts'
import { Messages } from '../../shared/store/messages.ts'
import type { MessageRow, OpenRow } from '../../shared/store/rows.ts'
import type { SequencedRecord } from '../auth-log/records.ts'
import { LogLostError, type SessionLog } from '../auth-log/session-log.ts'
import type { ConnectionEvents, WhatsAppConnection } from '../whatsapp/connection.ts'
import { refusal } from './failures.ts'
import type { Journal } from './journal.ts'
import { sendMessage } from './send-message.ts'
import type { SessionContext } from './session-context.ts'

const WINDOW = 32
/** OPEN is read again when half of the window is free: one query for many messages */
const REFILL_BELOW = WINDOW / 2
const PAGE_ROWS = 100
const ACK_TIMEOUT_MS = 30_000
const RETRY_DELAY_MS = 5_000
const FOREIGN_DELAY_MS = 60_000
const SWEEP_MS = 5 * 60_000
const DRAIN_MS = 10_000

/** From claim until the OPEN row is gone. */
interface InFlight {
  readonly connection: WhatsAppConnection
  readonly startedAt: number
  timer: NodeJS.Timeout | null
  /** its end is in the log, its rows are being written */
  isEnding: boolean
}

/** Sends a session's OPEN rows over whatever connection is attached (protocol §6). */
export class Outbox {
  readonly #context: SessionContext
  readonly #sessionLog: SessionLog
  readonly #journal: Journal
  readonly #messages: Messages
  readonly #onNoAck: () => void
  readonly #ackTimeoutMs: number
  readonly #claimToken = randomUUID()
  readonly #inFlight = new Map<string, InFlight>()
  readonly #delayedUntil = new Map<string, number>()
  readonly #chats = new Map<string, Promise<void>>()
  #connection: WhatsAppConnection | null = null
  #pumping: Promise<void> | null = null
  #isDirty = false
  #isStopped = false
  #wakeTimer: NodeJS.Timeout | null = null
  #wakeAt = 0
  #emptied: (() => void)[] = []
  readonly #sweepTimer: NodeJS.Timeout

  constructor(input: {
    context: SessionContext
    sessionLog: SessionLog
    journal: Journal
    /** a frame had no answer for 30 s: the connection is not to be trusted */
    onNoAck: () => void
    ackTimeoutMs?: number
  }) {
    this.#context = input.context
    this.#sessionLog = input.sessionLog
    this.#journal = input.journal
    this.#messages = new Messages(input.context.services.tables, input.context.scope)
    this.#onNoAck = input.onNoAck
    this.#ackTimeoutMs = input.ackTimeoutMs ?? ACK_TIMEOUT_MS
    this.#sweepTimer = setInterval(() => this.ring(), SWEEP_MS * (0.8 + Math.random() * 0.4))
    this.#sweepTimer.unref()
  }

  get inFlightCount(): number {
    return this.#inFlight.size
  }

  attach(connection: WhatsAppConnection): void {
    this.#connection = connection
    this.ring()
  }

  /** The connection closed: what was not acked is sent again over the next one, the same bytes under the same id. */
  detach(): void {
    this.#connection = null
    for (const [messageId, entry] of this.#inFlight) if (!entry.isEnding) this.#land(messageId)
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
        this.#wakeIn(RETRY_DELAY_MS)
      })
      .finally(() => {
        this.#pumping = null
        if (this.#isDirty && this.#inFlight.size <= REFILL_BELOW) this.ring()
      })
  }

  /** No more claims; resolves when nothing is in flight, or after 10 s. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#sweepTimer)
    if (this.#wakeTimer) clearTimeout(this.#wakeTimer)
    await this.#pumping
    if (this.#inFlight.size > 0 && this.#connection) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#emptied.push(resolve)
      const timer = setTimeout(resolve, DRAIN_MS)
      await promise
      clearTimeout(timer)
    }
    for (const messageId of [...this.#inFlight.keys()]) this.#land(messageId)
  }

  onServerAck({ whatsappId, error }: Parameters<ConnectionEvents['onServerAck']>[0]): void {
    const messageId = this.#sessionLog.state.messageIdOf(whatsappId)
    if (!messageId) return
    const frames = this.#sessionLog.state.out(messageId)?.frames ?? 0
    if (error === null) this.#end(messageId, () => this.#journal.status(messageId, 'sent'))
    // An earlier frame without an ack may have arrived: refusing this one proves nothing (B2).
    else if (frames > 1) this.#end(messageId, () => this.#journal.unknown(messageId, refusal(error)))
    else this.#end(messageId, () => this.#journal.fail(messageId, refusal(error)))
  }

  onReceipt({ whatsappIds, kind }: Parameters<ConnectionEvents['onReceipt']>[0]): void {
    for (const whatsappId of whatsappIds) {
      const messageId = this.#sessionLog.state.messageIdOf(whatsappId)
      if (messageId) this.#end(messageId, () => this.#journal.status(messageId, kind))
    }
  }

  /** Rows of these records stand: their messages are not in flight any more. */
  onProjected(records: readonly SequencedRecord[]): void {
    const settled = records.filter((record) => record.t === 'status' || record.t === 'fail' || record.t === 'unknown')
    for (const { messageId } of settled) this.#land(messageId)
  }

  async #pump(): Promise<void> {
    while (this.#isDirty && !this.#isStopped && this.#connection) {
      if (this.#inFlight.size >= WINDOW) return
      this.#isDirty = false
      await this.#sweep(this.#connection)
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
        const free = WINDOW - this.#inFlight.size
        if (free <= 0) {
          this.#isDirty = true
          return
        }
        const now = Date.now()
        const due: OpenRow[] = []
        let used = 0
        for (const row of rest) {
          if (due.length === free) break
          if (row.notBefore > now) {
            await this.#startAll(due, connection)
            return this.#wakeIn(row.notBefore - now)
          }
          used++
          if (this.#isFree(row.messageId, now)) due.push(row)
        }
        rest = rest.slice(used)
        await this.#startAll(due, connection)
        if (this.#connection !== connection || this.#isStopped) return
      }
      afterSortKey = page.rows.at(-1)?.sk
      if (page.end || afterSortKey === undefined) return
    }
  }

  #isFree(messageId: string, now: number): boolean {
    const until = this.#delayedUntil.get(messageId)
    if (until !== undefined && until <= now) this.#delayedUntil.delete(messageId)
    return !this.#inFlight.has(messageId) && !(until !== undefined && until > now)
  }

  /** Claims side by side; what was claimed joins its chat's queue in OPEN order. */
  async #startAll(rows: readonly OpenRow[], connection: WhatsAppConnection): Promise<void> {
    for (const { messageId } of rows)
      this.#inFlight.set(messageId, { connection, startedAt: Date.now(), timer: null, isEnding: false })
    const claims = await Promise.all(rows.map((row) => this.#claim(row)))
    for (const claimed of claims) {
      if (!claimed) continue
      const chat = claimed.to.phone ?? claimed.to.jid ?? claimed.to.lid ?? ''
      const turn = (this.#chats.get(chat) ?? Promise.resolve()).then(() => this.#send(claimed, connection))
      this.#chats.set(chat, turn)
      void turn.finally(() => {
        if (this.#chats.get(chat) === turn) this.#chats.delete(chat)
      })
    }
  }

  async #claim(open: OpenRow): Promise<MessageRow | null> {
    const { messageId } = open
    try {
      const claim = { epoch: this.#sessionLog.epoch, claimToken: this.#claimToken }
      const result = await this.#messages.claim(messageId, claim)
      if (result.outcome === 'claimed') return result.row
      if (!result.row || isSettled(result.row.status)) await this.#messages.dropOpen(this.#context.sessionId, open.sk)
      else this.#delay(messageId, FOREIGN_DELAY_MS)
    } catch (error) {
      this.#context.log.warn({ messageId, error: String(error) }, 'a message could not be claimed, trying again')
      this.#delay(messageId, RETRY_DELAY_MS)
    }
    this.#land(messageId)
    return null
  }

  /** Never throws: one message must not hold back its chat. */
  async #send(row: MessageRow, connection: WhatsAppConnection): Promise<void> {
    const entry = this.#inFlight.get(row.id)
    const isCurrent = () => this.#connection === connection && this.#inFlight.get(row.id) === entry
    if (!entry || !isCurrent()) return
    try {
      const result = await sendMessage(this.#context, {
        row,
        messages: this.#messages,
        sessionLog: this.#sessionLog,
        connection,
        isCurrent,
        now: Date.now,
      })
      switch (result.outcome) {
        case 'relayed':
          if (isCurrent() && !entry.isEnding) entry.timer = setTimeout(this.#onNoAck, this.#ackTimeoutMs)
          return
        case 'fail':
          return this.#end(row.id, () => this.#journal.fail(row.id, result.failure))
        case 'unknown':
          return this.#end(row.id, () => this.#journal.unknown(row.id, result.failure))
        case 'settledBefore':
          await this.#messages.advance(row.id, { status: result.status, at: Date.now() })
          return this.#land(row.id)
        case 'dropped':
          return isCurrent() ? this.#land(row.id) : undefined
      }
    } catch (error) {
      if (!isCurrent()) return
      // Silence decides nothing (a time-out is never "not on WhatsApp"): the row stays open and is tried again.
      this.#context.log.info({ messageId: row.id, error: String(error) }, 'a message could not be sent now')
      this.#delay(row.id, RETRY_DELAY_MS)
      this.#land(row.id)
    }
  }

  /** Journals an end; the message stays in flight until its rows are written. */
  #end(messageId: string, journal: () => void): void {
    const entry = this.#inFlight.get(messageId)
    if (entry?.timer) clearTimeout(entry.timer)
    const before = this.#sessionLog.lastLsn
    journal()
    if (!entry) return
    entry.timer = null
    const wasWaiting = !entry.isEnding
    entry.isEnding = true
    if (wasWaiting)
      emitMetrics({ message_send_latency_ms: [Date.now() - entry.startedAt, 'Milliseconds'] }, this.#dimensions)
    // The log knew it already: no record, so nobody will report its projection.
    if (this.#sessionLog.lastLsn === before && this.#sessionLog.state.undone().length === 0) this.#land(messageId)
  }

  #land(messageId: string): void {
    const entry = this.#inFlight.get(messageId)
    if (!entry) return
    if (entry.timer) clearTimeout(entry.timer)
    this.#inFlight.delete(messageId)
    if (this.#inFlight.size === 0) for (const resolve of this.#emptied.splice(0)) resolve()
    if (this.#isDirty && this.#inFlight.size <= REFILL_BELOW) this.ring()
  }

  #delay(messageId: string, ms: number): void {
    this.#delayedUntil.set(messageId, Date.now() + ms)
    this.#wakeIn(ms)
  }

  #wakeIn(ms: number): void {
    if (this.#isStopped) return
    const at = Date.now() + Math.min(ms, SWEEP_MS) + 1
    if (this.#wakeTimer && this.#wakeAt <= at) return
    if (this.#wakeTimer) clearTimeout(this.#wakeTimer)
    this.#wakeAt = at
    this.#wakeTimer = setTimeout(() => {
      this.#wakeTimer = null
      this.ring()
    }, at - Date.now())
    this.#wakeTimer.unref()
  }

  get #dimensions() {
    return { mode: this.#context.scope.mode }
  }
}
