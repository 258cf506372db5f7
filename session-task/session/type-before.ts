import { typingMsOf } from '../../shared/core/typing-time.ts'
import type { WhatsAppConnection } from '../whatsapp/connection.ts'
import type { SessionContext } from './session-context.ts'

/** What the other side sees before a message of this type; null: nobody types it. */
const stateOf = (type: string): 'composing' | 'recording' | null => {
  if (type === 'text') return 'composing'
  return type === 'voice' ? 'recording' : null
}

/**
 * Shows typing in the chat for as long as a person would type the text. WhatsApp ends it when the message comes. Nothing
 * of it can hold a message back for longer, or fail it.
 * @param message id is the seed of the time it takes
 */
export const typeBefore = async (
  { log }: Pick<SessionContext, 'log'>,
  connection: Pick<WhatsAppConnection, 'commands'>,
  message: { readonly id: string; readonly type: string; readonly jid: string; readonly characters: number },
  pause: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): Promise<void> => {
  const state = stateOf(message.type)
  if (!state) return
  try {
    await connection.commands.sendPresence(state, message.jid)
  } catch (error) {
    log.info(
      { messageId: message.id, error: String(error) },
      'typing could not be shown, the message goes out all the same',
    )
    return
  }
  await pause(typingMsOf(message.characters, message.id))
}
