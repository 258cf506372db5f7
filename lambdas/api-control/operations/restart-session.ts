import type { Handler } from '../../../shared/http/handler.ts'
import { Leases } from '../../../shared/store/leases.ts'
import { changeDesired } from '../change-desired.ts'
import type { ControlServices } from '../services.ts'
import { requireLinked } from '../session-rules.ts'

/** Also leaves quarantine: the crash count starts anew before somebody is asked to open the session. */
export const restartSession =
  (services: ControlServices): Handler<'restartSession'> =>
  async ({ params }, context) => {
    const leases = new Leases(services.tables, context.scope)
    const lease = await leases.get(params.sessionId)
    if (lease && lease.crashes > 0) await leases.setCrashes(params.sessionId, lease.epoch, 0)
    return changeDesired(services, context, params.sessionId, (row) => {
      requireLinked(row)
      return { desired: 'RUNNING', ring: 'restart' }
    })
  }
