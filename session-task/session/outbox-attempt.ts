import { randomUUID } from 'node:crypto'
import { isSettled } from '../../shared/core/message-status.ts'
import { emitMetrics } from '../../shared/log/metrics.ts'
import type { Messages } from '../../shared/store/messages.ts'
import type { MessageRow, OpenRow } from '../../shared/store/rows/message.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import type { WhatsAppConnection } from '../whatsapp/connection.ts'
import { MediaPendingError } from './build-media.ts'
import type { ContactBook } from './contact-book.ts'
import type { InFlight } from './in-flight.ts'
import type { OwnIdentity } from './inbound.ts'
import type { Journal } from './journal.ts'
import { troubleOf } from './media-tries.ts'
import { sendMessage } from './send-message.ts'
import type { SessionContext } from './session-context.ts'

const ACK_TIMEOUT_MS = 30_000
const RETRY_DELAY_MS = 5_000
const MEDIA_DELAY_MS = 1_000
const FOREIGN_DELAY_MS = 60_000

/** One try to send one message: claim → resolve → relay, and what a try without a frame leads to. */
export class OutboxAttempt {
  readonly #context: SessionContext
  readonly #sessionLog: SessionLog
  readonly #journal: Journal
  readonly #messages: Messages
  readonly #flights: InFlight
  readonly #book: ContactBook
  readonly #own: () => OwnIdentity
  readonly #typesBefore: () => boolean
  readonly #ackTimeoutMs: number
  readonly #onNoAck: () => void
  readonly #delay: (messageId: string, ms: number) => void
  readonly #claimToken = randomUUID()

  constructor(input: {
    context: SessionContext
    sessionLog: SessionLog
    journal: Journal
    messages: Messages
    flights: InFlight
    book: ContactBook
    own: () => OwnIdentity
    /** is the session set to show typing? */
    typesBefore: () => boolean
    ackTimeoutMs: number | undefined
    onNoAck: () => void
    /** not before this long from now */
    delay: (messageId: string, ms: number) => void
  }) {
    this.#context = input.context
    this.#sessionLog = input.sessionLog
    this.#journal = input.journal
    this.#messages = input.messages
    this.#flights = input.flights
    this.#book = input.book
    this.#own = input.own
    this.#typesBefore = input.typesBefore
    this.#ackTimeoutMs = input.ackTimeoutMs ?? ACK_TIMEOUT_MS
    this.#onNoAck = input.onNoAck
    this.#delay = input.delay
  }

  /** @returns null when the row is not ours to send now */
  async claim(open: OpenRow): Promise<MessageRow | null> {
    const { messageId } = open
    try {
      const claim = { epoch: this.#sessionLog.epoch, claimToken: this.#claimToken }
      const result = await this.#messages.claim(messageId, claim)
      if (result.outcome === 'claimed') {
        // A row of ours that nobody had in his hands: a lost answer, or a hole. The canary of the protocol (H7).
        if (result.before.status === 'sending' && result.before.epoch === this.#sessionLog.epoch)
          emitMetrics({ message_readopted_count: [1, 'Count'] }, { mode: this.#context.scope.mode })
        return result.row
      }
      if (!result.row || isSettled(result.row.status)) await this.#messages.dropOpen(this.#context.sessionId, open.sk)
      else this.#delay(messageId, FOREIGN_DELAY_MS)
    } catch (error) {
      this.#context.log.warn({ messageId, error: String(error) }, 'a message could not be claimed, trying again')
      this.#delay(messageId, RETRY_DELAY_MS)
    }
    this.#flights.land(messageId)
    return null
  }

  /** Never throws: one message must not hold back its chat. */
  async send(row: MessageRow, connection: WhatsAppConnection, isAttached: () => boolean): Promise<void> {
    const flight = this.#flights.get(row.id)
    const isCurrent = () => isAttached() && this.#flights.get(row.id) === flight
    // The connection closed and another try, over the next one, has the message already.
    if (!flight || flight.connection !== connection) return
    if (!isAttached()) {
      // It closed before this flight began: nobody else will let go of the message.
      if (!flight.isEnding) this.#flights.land(row.id)
      return this.#delay(row.id, 0)
    }
    try {
      const result = await sendMessage(this.#context, {
        row,
        messages: this.#messages,
        sessionLog: this.#sessionLog,
        connection,
        book: this.#book,
        own: this.#own(),
        typesBefore: this.#typesBefore(),
        isCurrent,
        now: Date.now,
      })
      switch (result.outcome) {
        case 'relayed':
          if (isCurrent() && !flight.isEnding) flight.timer = setTimeout(this.#onNoAck, this.#ackTimeoutMs)
          return
        case 'fail':
          return this.#flights.end(row.id, () => this.#journal.fail(row.id, result.failure))
        case 'unknown':
          return this.#flights.end(row.id, () => this.#journal.unknown(row.id, result.failure))
        case 'settledBefore':
          await this.#messages.advance(row.id, { status: result.status, at: Date.now() })
          return this.#flights.land(row.id)
        case 'dropped':
          return isCurrent() ? this.#flights.land(row.id) : undefined
      }
    } catch (error) {
      if (!isCurrent()) return
      if (error instanceof MediaPendingError) {
        this.#delay(row.id, MEDIA_DELAY_MS)
        return this.#flights.land(row.id)
      }
      // Silence decides nothing (a time-out is never "not on WhatsApp"): the row stays open and is tried again.
      const facts = { messageId: row.id, error: String(error) }
      if (troubleOf(error, true) === 'disk') this.#context.log.error(facts, 'a message with a file waits for our disk')
      else this.#context.log.info(facts, 'a message could not be sent now')
      this.#delay(row.id, RETRY_DELAY_MS)
      this.#flights.land(row.id)
    }
  }
}
