import { MessageAnswers, type ReferenceRow } from '../../shared/store/message-answers.ts'
import type { Address } from '../../shared/store/rows/message.ts'
import type { SessionContext } from './session-context.ts'

/** How a chat or an author is named where messages are looked up by their WhatsApp id. */
export const nameOf = (address: Address): string => address.contactId ?? address.jid ?? address.lid ?? ''

/**
 * Which message of ours or of somebody else a WhatsApp id means, within one chat.
 * @param by its author, if the one who named it says that it is their own: nobody else's message is meant then
 * @param outboundIdOf messages that this session sent in the last 14 days
 * @returns our id of it; null when it is not known (any more)
 */
export const findMessage = async (
  { services, scope, sessionId }: SessionContext,
  wanted: { readonly whatsappId: string; readonly chat: Address; readonly by: Address | null },
  outboundIdOf: (whatsappId: string) => string | undefined,
): Promise<string | null> => {
  const own = wanted.by === null ? outboundIdOf(wanted.whatsappId) : undefined
  if (own) return own
  const found = await new MessageAnswers(services.tables, scope, sessionId).findReferences(wanted.whatsappId)
  const fits = ({ chat, author }: ReferenceRow): boolean =>
    chat === nameOf(wanted.chat) && (wanted.by === null || author === nameOf(wanted.by))
  return found.find(fits)?.messageId ?? null
}
