import { presentMessage } from '../contract/present.ts'
import { TenantScope } from '../core/tenant-scope.ts'
import type { TenantKeys } from '../crypto/tenant-keys.ts'
import { messageContentPlace } from '../store/places.ts'
import type { EventRow, Failure, MessageRow } from '../store/rows/message.ts'
import { makeControlEvent } from './control-events.ts'

/** How a message ends that nobody will send: never sent, or handed to WhatsApp without an answer. */
export interface MessageEnd {
  readonly status: 'failed' | 'unknown'
  readonly failure: Failure
  readonly at: number
}

/** The control-plane event of a message that ended while its session had no log (any more) to number it. */
export const endedMessageEvent = async (
  tenantKeys: TenantKeys,
  row: MessageRow,
  end: MessageEnd,
): Promise<EventRow> => {
  const scope = TenantScope.fromVerified('systemRow', row)
  const content = (await tenantKeys.open(scope, messageContentPlace(row.id), row.content)) as Record<string, unknown>
  return makeControlEvent(tenantKeys, scope, {
    type: `message.${end.status}`,
    sessionId: row.sessionId,
    data: { message: presentMessage({ ...row, status: end.status, failure: end.failure }, content) },
    now: end.at,
  })
}
