import * as z from 'zod'
import type { Handler } from '../../../shared/http/handler.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { linkedPhone } from '../require-phone.ts'
import type { TestServices } from '../services.ts'
import { requireSimulator } from '../simulator.ts'

const devicesSchema = z.object({
  data: z.array(z.object({ deviceId: z.number(), status: z.string(), lid: z.string() })),
})

/**
 * The user removes the linked device on the phone. Which of several devices is this session is not known here, so all
 * active ones of the phone in this namespace go: a simulated phone has one session in practice.
 */
export const testLogout =
  (services: TestServices): Handler<'testLogout'> =>
  async ({ params }, context) => {
    const phone = linkedPhone(await requireSession(services.tables, context, params.sessionId))
    const simulator = requireSimulator(services.simulator)
    const path = `/phones/${encodeURIComponent(phone)}/devices`
    const { data } = devicesSchema.parse(await simulator.call(context.scope, 'GET', path))
    for (const { deviceId } of data.filter(({ status }) => status === 'active'))
      await simulator.call(context.scope, 'DELETE', `${path}/${deviceId}`)
    return { status: 202, body: { status: 'accepted' } }
  }
