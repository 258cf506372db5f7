import type { SessionLog } from '../auth-log/session-log.ts'
import type { ConnectionEvents } from '../whatsapp/connection.ts'
import { refusal } from './failures.ts'
import type { InFlight } from './in-flight.ts'
import type { Journal } from './journal.ts'

/** What the server and the peers say about messages of ours: journaled first, rows follow. */
export class OutboxAnswers {
  readonly #sessionLog: SessionLog
  readonly #journal: Journal
  readonly #flights: InFlight

  constructor(input: { sessionLog: SessionLog; journal: Journal; flights: InFlight }) {
    this.#sessionLog = input.sessionLog
    this.#journal = input.journal
    this.#flights = input.flights
  }

  onServerAck({ whatsappId, error }: Parameters<ConnectionEvents['onServerAck']>[0]): void {
    const messageId = this.#sessionLog.state.messageIdOf(whatsappId)
    if (!messageId) return
    const frames = this.#sessionLog.state.out(messageId)?.frames ?? 0
    if (error === null) this.#flights.end(messageId, () => this.#journal.status(messageId, 'sent'))
    // An earlier frame without an ack may have arrived: refusing this one proves nothing (B2).
    else if (frames > 1) this.#flights.end(messageId, () => this.#journal.unknown(messageId, refusal(error)))
    else this.#flights.end(messageId, () => this.#journal.fail(messageId, refusal(error)))
  }

  onReceipt({ whatsappIds, kind }: Parameters<ConnectionEvents['onReceipt']>[0]): void {
    for (const whatsappId of whatsappIds) {
      const messageId = this.#sessionLog.state.messageIdOf(whatsappId)
      if (messageId) this.#flights.end(messageId, () => this.#journal.status(messageId, kind))
    }
  }
}
