import { Fault } from '../../../shared/core/fault.ts'
import { isId } from '../../../shared/core/ids.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { Messages } from '../../../shared/store/messages.ts'
import { linkedPhone, requirePhone } from '../require-phone.ts'
import type { TestServices } from '../services.ts'
import { requireSimulator } from '../simulator.ts'

export const testRead =
  (services: TestServices): Handler<'testRead'> =>
  async ({ params, body }, context) => {
    const contact = requirePhone(body.contact, 'contact')
    const session = await requireSession(services.tables, context, params.sessionId)
    linkedPhone(session)
    const { messageId } = body
    const message = isId('msg', messageId) ? await new Messages(services.tables, context.scope).get(messageId) : null
    if (message?.sessionId !== session.id)
      throw new Fault('not_found', { detail: 'No message with this id in this session.' })
    const path = `/contacts/${encodeURIComponent(contact)}/read`
    await requireSimulator(services.simulator).call(context.scope, 'POST', path, { whatsappId: message.whatsappId })
    return { status: 202, body: { status: 'accepted' } }
  }
