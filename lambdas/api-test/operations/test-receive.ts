import type { Handler } from '../../../shared/http/handler.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { linkedPhone, requirePhone } from '../require-phone.ts'
import type { TestServices } from '../services.ts'
import { requireSimulator } from '../simulator.ts'

export const testReceive =
  (services: TestServices): Handler<'testReceive'> =>
  async ({ params, body }, context) => {
    const from = requirePhone(body.from, 'from')
    const to = linkedPhone(await requireSession(services.tables, context, params.sessionId))
    const simulator = requireSimulator(services.simulator)
    const path = `/contacts/${encodeURIComponent(from)}/send`
    const sent = (await simulator.call(context.scope, 'POST', path, { to, text: body.text })) as {
      whatsappId?: string
    } | null
    return { status: 202, body: { status: 'accepted', whatsappId: sent?.whatsappId ?? null } }
  }
