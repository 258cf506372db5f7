import type { Handler } from '../../../shared/http/handler.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { linkedPhone } from '../require-phone.ts'
import type { TestServices } from '../services.ts'
import { requireSimulator } from '../simulator.ts'

export const testDrop =
  (services: TestServices): Handler<'testDrop'> =>
  async ({ params }, context) => {
    const phone = linkedPhone(await requireSession(services.tables, context, params.sessionId))
    await requireSimulator(services.simulator).call(context.scope, 'POST', '/faults', { kind: 'drop', phone })
    return { status: 202, body: { status: 'accepted' } }
  }
