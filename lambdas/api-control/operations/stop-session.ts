import type { Handler } from '../../../shared/http/handler.ts'
import { changeDesired } from '../change-desired.ts'
import type { ControlServices } from '../services.ts'
import { requireStoppable } from '../session-rules.ts'

/** The owner closes it and says `stopped`; a session that nobody has is `stopped` at once. */
export const stopSession =
  (services: ControlServices): Handler<'stopSession'> =>
  ({ params }, context) =>
    changeDesired(services, context, params.sessionId, (row) => {
      requireStoppable(row)
      return {
        desired: 'STOPPED',
        ring: 'desired',
        patch: (lease) => (lease.owner === null ? { status: 'stopped', reason: null } : null),
      }
    })
