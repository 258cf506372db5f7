import * as z from 'zod'
import type { Handler } from '../../../shared/http/handler.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { requirePhone } from '../require-phone.ts'
import type { TestServices } from '../services.ts'
import { requireSimulator, SimulatorRefused } from '../simulator.ts'

const inboxSchema = z.object({
  data: z.array(
    z.object({
      whatsappId: z.string(),
      text: z.string().nullable(),
      type: z.string(),
      receivedAt: z.string().nullable().default(null),
    }),
  ),
})

export const testListContactMessages =
  (services: TestServices): Handler<'testListContactMessages'> =>
  async ({ params }, context) => {
    const phone = requirePhone(params.phone, 'phone')
    await requireSession(services.tables, context, params.sessionId)
    const path = `/contacts/${encodeURIComponent(phone)}/inbox`
    try {
      const inbox = await requireSimulator(services.simulator).call(context.scope, 'GET', path)
      return { status: 200, body: { data: inboxSchema.parse(inbox).data } }
    } catch (error) {
      // The simulator knows a contact from its first message on; before that its inbox is empty.
      if (error instanceof SimulatorRefused && error.answeredStatus === 404) return { status: 200, body: { data: [] } }
      throw error
    }
  }
