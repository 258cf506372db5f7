import { presentMessage } from '../../shared/contract/present.ts'
import { Fault } from '../../shared/core/fault.ts'
import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import type { TenantContext } from '../../shared/http/handler.ts'
import { Messages } from '../../shared/store/messages.ts'
import { messageContentPlace } from '../../shared/store/places.ts'
import type { MessageRow } from '../../shared/store/rows/message.ts'
import type { Tables } from '../../shared/store/tables.ts'

/** A row with its content unsealed. */
export const openMessage = async (tenantKeys: TenantKeys, context: TenantContext, row: MessageRow) =>
  presentMessage(
    row,
    (await tenantKeys.open(context.scope, messageContentPlace(row.id), row.content)) as Record<string, unknown>,
  )

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
