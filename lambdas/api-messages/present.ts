import { presentMessage } from '../../shared/contract/present.ts'
import type { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import type { TenantContext } from '../../shared/http/handler.ts'
import { messageContentPlace } from '../../shared/store/places.ts'
import type { MessageRow } from '../../shared/store/rows/message.ts'
import type { AcceptedMessage } from './accept-message.ts'

/** A row with its content unsealed. */
export const openMessage = async (tenantKeys: TenantKeys, context: TenantContext, row: MessageRow) =>
  presentMessage(
    row,
    (await tenantKeys.open(context.scope, messageContentPlace(row.id), row.content)) as Record<string, unknown>,
  )

/** The message of an accept: what was sealed a moment ago is not opened again. */
export const showAccepted = async (
  tenantKeys: TenantKeys,
  context: TenantContext,
  { row, content }: AcceptedMessage,
) => (content ? presentMessage(row, content) : openMessage(tenantKeys, context, row))
