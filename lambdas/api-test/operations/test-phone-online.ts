import type { TenantContext } from '../../../shared/http/handler.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { linkedPhone } from '../require-phone.ts'
import type { TestServices } from '../services.ts'
import { requireSimulator } from '../simulator.ts'

/** test-phone-online and test-phone-offline. */
export const setPhone =
  (services: TestServices, to: 'online' | 'offline') =>
  async ({ params }: { params: { sessionId: string } }, context: TenantContext) => {
    const phone = linkedPhone(await requireSession(services.tables, context, params.sessionId))
    const path = `/phones/${encodeURIComponent(phone)}/${to}`
    await requireSimulator(services.simulator).call(context.scope, 'POST', path)
    return { status: 202 as const, body: { status: 'accepted' as const } }
  }
