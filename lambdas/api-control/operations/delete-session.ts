import { presentSession } from '../../../shared/contract/present.ts'
import { makeControlEvent, publishCalmly } from '../../../shared/events/control-events.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { Events } from '../../../shared/store/events.ts'
import { Leases } from '../../../shared/store/leases.ts'
import { Quotas } from '../../../shared/store/quotas.ts'
import { changeDesired } from '../change-desired.ts'
import type { ControlServices } from '../services.ts'

/**
 * From this answer on the session is unknown to the API. LEASE.desired DELETED, META.deletedAt and the session.deleted
 * event are one transaction; a worker unlinks the device, unless it is to be kept, then the rows go.
 */
export const deleteSession =
  (services: ControlServices): Handler<'deleteSession'> =>
  async ({ params, query }, context) => {
    const { scope, now } = context
    const row = await requireSession(services.tables, context, params.sessionId)
    // A quarantined session is opened by nobody; to unlink its device somebody has to.
    const leases = new Leases(services.tables, scope)
    const lease = await leases.get(row.id)
    if (lease && lease.crashes > 0) await leases.setCrashes(row.id, lease.epoch, 0)
    const event = await makeControlEvent(services.tenantKeys, scope, {
      type: 'session.deleted',
      sessionId: row.id,
      data: { session: presentSession(row, null) },
      now,
    })
    const answer = await changeDesired(services, context, row.id, () => ({
      desired: 'DELETED',
      ring: 'desired',
      patch: () => ({ deletedAt: now, ...(query.logout === 'false' ? { keepsDevice: true } : {}) }),
      legs: [new Events(services.tables, scope).controlLeg(event), new Quotas(services.tables, scope).giveSessionLeg()],
    }))
    await publishCalmly(services.sink, services.log, [event])
    return { status: 202, body: answer.body }
  }
