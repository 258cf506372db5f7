import { Fault } from '../../../shared/core/fault.ts'
import { isId } from '../../../shared/core/ids.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { Messages } from '../../../shared/store/messages.ts'
import { draftOf } from '../receive-draft.ts'
import { linkedPhone, requirePhone } from '../require-phone.ts'
import type { TestServices } from '../services.ts'
import { requireSimulator } from '../simulator.ts'

export const testReceive =
  (services: TestServices): Handler<'testReceive'> =>
  async ({ params, body }, context) => {
    const from = requirePhone(body.from, 'from')
    const session = await requireSession(services.tables, context, params.sessionId)
    const to = body.group ?? linkedPhone(session)
    if (body.group) linkedPhone(session)
    const simulator = requireSimulator(services.simulator)
    const whatsappIdOf = async (messageId: string, param: string): Promise<string> => {
      const row = isId('msg', messageId) ? await new Messages(services.tables, context.scope).get(messageId) : null
      if (row?.sessionId === session.id) return row.whatsappId
      throw new Fault('message_not_found', { detail: 'This session has no message with this id.', param })
    }
    const draft = await draftOf(body, whatsappIdOf, context.now)
    const path = `/contacts/${encodeURIComponent(from)}/send`
    const sent = (await simulator.call(context.scope, 'POST', path, { to, ...draft })) as {
      whatsappId?: string
    } | null
    return { status: 202, body: { status: 'accepted', whatsappId: sent?.whatsappId ?? null } }
  }
