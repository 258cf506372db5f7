import { Fault } from '../../../shared/core/fault.ts'
import { makeControlEvent, publishCalmly } from '../../../shared/events/control-events.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { noMessage, requireMessage } from '../../../shared/http/require-message.ts'
import { Events } from '../../../shared/store/events.ts'
import { Messages } from '../../../shared/store/messages.ts'
import type { EventRow } from '../../../shared/store/rows/message.ts'
import { openMessage } from '../present.ts'
import type { MessageServices } from '../services.ts'

/** Only from scheduled or queued; canceling twice is like once. */
export const cancelMessage =
  ({ tables, tenantKeys, sink, log }: MessageServices): Handler<'cancelMessage'> =>
  async ({ params }, context) => {
    const { scope, now } = context
    const before = await requireMessage(tables, context, params.messageId)
    let event: EventRow | null = null
    const { row, isWritten } = await new Messages(tables, scope).cancel(before.id, now, async (canceled) => {
      const message = await openMessage(tenantKeys, context, canceled)
      event = await makeControlEvent(tenantKeys, scope, {
        type: 'message.canceled',
        sessionId: canceled.sessionId,
        data: { message },
        now,
      })
      return new Events(tables, scope).controlLeg(event)
    })
    if (!row) throw noMessage()
    if (row.status !== 'canceled')
      throw new Fault('message_already_sent', {
        detail:
          row.direction === 'inbound'
            ? 'This message was received: only messages you send can be canceled.'
            : `The message is ${row.status}: only scheduled and queued messages can be canceled.`,
      })
    if (isWritten && event) await publishCalmly(sink, log, [event])
    return { status: 200, body: await openMessage(tenantKeys, context, row) }
  }
