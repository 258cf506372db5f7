import { Messages } from '../../shared/store/messages.ts'
import { messageProtoPlace } from '../../shared/store/places.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import type { SessionContext } from './session-context.ts'

/**
 * The exact bytes of a message sent within the last 14 days, for a peer that asks for it again; undefined on a miss,
 * never an empty message.
 */
export const loadSentProto = async (
  { services, scope }: SessionContext,
  sessionLog: SessionLog,
  whatsappId: string,
): Promise<Uint8Array | undefined> => {
  const messageId = sessionLog.state.messageIdOf(whatsappId)
  if (!messageId) return undefined
  const row = await new Messages(services.tables, scope).get(messageId)
  return row?.proto && services.tenantKeys.openRaw(scope, messageProtoPlace(messageId), row.proto)
}
