import type { SessionLog } from '../auth-log/session-log.ts'
import type { ConnectionEvents } from '../whatsapp/connection.ts'
import { CHAT_REFUSED, refusal } from './failures.ts'
import type { InFlight } from './in-flight.ts'
import type { Journal } from './journal.ts'

/** What the server and the peers say about messages of ours: journaled first, rows follow. */
export class OutboxAnswers {
  readonly #sessionLog: SessionLog
  readonly #journal: Journal
  readonly #flights: InFlight

  readonly #onChatRefused: (isNewChat: boolean) => void

  constructor(input: {
    sessionLog: SessionLog
    journal: Journal
    flights: InFlight
    /** WhatsApp refused a message for its chat (463) */
    onChatRefused: (isNewChat: boolean) => void
  }) {
    this.#onChatRefused = input.onChatRefused
    this.#sessionLog = input.sessionLog
    this.#journal = input.journal
    this.#flights = input.flights
  }

  onServerAck({ whatsappId, error }: Parameters<ConnectionEvents['onServerAck']>[0]): void {
    const messageId = this.#sessionLog.state.messageIdOf(whatsappId)
    if (!messageId) return
    const frames = this.#sessionLog.state.out(messageId)?.frames ?? 0
    // Nobody remembers a chat of ours: then it is taken for a new one, which only waits longer.
    const isNewChat = this.#flights.get(messageId)?.isNewChat ?? true
    if (error === CHAT_REFUSED) this.#onChatRefused(isNewChat)
    if (error === null) this.#flights.end(messageId, () => this.#journal.status(messageId, 'sent'))
    // An earlier frame without an ack may have arrived: refusing this one proves nothing (B2).
    else if (frames > 1) this.#flights.end(messageId, () => this.#journal.unknown(messageId, refusal(error, isNewChat)))
    else this.#flights.end(messageId, () => this.#journal.fail(messageId, refusal(error, isNewChat)))
  }

  onReceipt({ whatsappIds, kind }: Parameters<ConnectionEvents['onReceipt']>[0]): void {
    for (const whatsappId of whatsappIds) {
      const messageId = this.#sessionLog.state.messageIdOf(whatsappId)
      if (messageId) this.#flights.end(messageId, () => this.#journal.status(messageId, kind))
    }
  }
}
