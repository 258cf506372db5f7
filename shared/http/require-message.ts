import { Fault } from '../core/fault.ts'
import { Messages } from '../store/messages.ts'
import type { MessageRow } from '../store/rows/message.ts'
import type { Tables } from '../store/tables.ts'
import type { TenantContext } from './handler.ts'

export const noMessage = (): Fault => new Fault('not_found', { detail: 'No message with this id.' })

/** The message, if this key may see it. @throws Fault not_found */
export const requireMessage = async (
  tables: Tables,
  context: TenantContext,
  messageId: string,
): Promise<MessageRow> => {
  context.note({ messageId })
  const row = await new Messages(tables, context.scope).get(messageId)
  const bound = context.principal.key.sessionId
  if (!row || (bound !== null && row.sessionId !== bound)) throw noMessage()
  return row
}
