import { afterLimit, afterRefusal } from '../../shared/core/new-chat-restriction.ts'
import type { WhatsAppConnection } from '../whatsapp/connection.ts'
import type { NewChatLimit } from '../whatsapp/new-chat-limits.ts'
import type { SessionContext } from './session-context.ts'
import type { Standing } from './standing.ts'

/** Whether this account may open new chats: what refusals suggest and what WhatsApp says (protocol §6). */
export class NewChats {
  readonly #context: SessionContext
  readonly #standing: Standing

  constructor(context: SessionContext, standing: Standing) {
    this.#context = context
    this.#standing = standing
  }

  /** WhatsApp refused a message for its chat: new chats wait from this moment on, and WhatsApp is asked until when. */
  onRefused(isNewChat: boolean, connection: WhatsAppConnection | null): void {
    if (isNewChat) this.#standing.restrict(afterRefusal(this.#standing.restriction, Date.now()))
    connection?.readNewChatLimits().catch((error) => {
      this.#context.log.warn({ error: String(error) }, 'WhatsApp did not say whether new chats are allowed')
    })
  }

  onLimit(limit: NewChatLimit): void {
    this.#standing.restrict(afterLimit(this.#standing.restriction, limit, Date.now()))
  }
}
