import { Fault } from '../../../shared/core/fault.ts'
import { isId } from '../../../shared/core/ids.ts'
import { TenantScope } from '../../../shared/core/tenant-scope.ts'
import { notFoundOf } from '../../../shared/http/authorize.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Leases } from '../../../shared/store/leases.ts'
import { presentPlacedSession } from '../present-placed-session.ts'
import type { KeyServices } from '../services.ts'

/** Asks, and rings the owner. If it is the only worker with room, the session comes back to it: a restart, nothing worse. */
export const moveSession =
  ({ tables, bell }: KeyServices): Handler<'moveSession'> =>
  async ({ params, body }, context) => {
    if (!isId('ten', body.tenantId)) throw notFoundOf(context.operation)
    const scope = TenantScope.fromVerified('systemRow', body)
    const leases = new Leases(tables, scope)
    const before = await leases.get(params.sessionId)
    if (!before) throw notFoundOf(context.operation)
    context.audit({ before: presentPlacedSession(before, before.owner?.workerId ?? null) })
    const outcome = await leases.askToLeave(params.sessionId)
    if (outcome === 'unowned')
      throw new Fault('conflict', { detail: 'Nobody has the session at the moment: there is nothing to move.' })
    if (outcome === 'raced')
      throw new Fault('conflict', { detail: 'The session changed hands at this moment: look again, then decide.' })
    await bell.ring(scope, before, 'desired')
    return { status: 202, body: presentPlacedSession(before, before.owner?.workerId ?? null) }
  }
