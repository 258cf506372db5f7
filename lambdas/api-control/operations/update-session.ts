import { presentSession } from '../../../shared/contract/present.ts'
import { Fault } from '../../../shared/core/fault.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { NO_SESSION, requireSession } from '../../../shared/http/require-session.ts'
import { Leases } from '../../../shared/store/leases.ts'
import { Sessions } from '../../../shared/store/sessions.ts'
import type { ControlServices } from '../services.ts'
import { proxyChange, requireProxy } from '../session-proxy.ts'

export const updateSession =
  (services: ControlServices): Handler<'updateSession'> =>
  async ({ params, body }, context) => {
    const { tables, bell } = services
    requireProxy(body.proxy, services)
    const current = await requireSession(tables, context, params.sessionId)
    const { proxy: wanted, ...others } = body
    const change = await proxyChange(wanted, current, { scope: context.scope, tenantKeys: services.tenantKeys })
    const patch = { ...others, ...change }
    const changes = Object.values(patch).some((value) => value !== undefined)
    const row = changes ? await new Sessions(tables, context.scope).update(current.id, patch) : current
    if (!row) throw new Fault('not_found', { detail: NO_SESSION })
    const lease = await new Leases(tables, context.scope).get(row.id)
    // The owner goes by what it read last.
    if ((body.pacing || body.readReceipts || body.calls || body.inbound || change.proxy !== undefined) && lease?.owner)
      context.note({ ring: await bell.ring(context.scope, lease, 'desired') })
    context.audit({ before: presentSession(current, lease) })
    return { status: 200, body: presentSession(row, lease) }
  }
