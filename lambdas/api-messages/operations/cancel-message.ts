import { Fault } from '../../../shared/core/fault.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Messages } from '../../../shared/store/messages.ts'
import { noMessage, openMessage, requireMessage } from '../present.ts'
import type { MessageServices } from '../services.ts'

/** Only from scheduled or queued; canceling twice is like once. */
export const cancelMessage =
  ({ tables, tenantKeys }: MessageServices): Handler<'cancelMessage'> =>
  async ({ params }, context) => {
    const before = await requireMessage(tables, context, params.messageId)
    const row = await new Messages(tables, context.scope).cancel(before.id, context.now)
    if (!row) throw noMessage()
    if (row.status !== 'canceled')
      throw new Fault('message_already_sent', {
        detail:
          row.direction === 'inbound'
            ? 'This message was received: only messages you send can be canceled.'
            : `The message is ${row.status}: only scheduled and queued messages can be canceled.`,
      })
    return { status: 200, body: await openMessage(tenantKeys, context, row) }
  }
