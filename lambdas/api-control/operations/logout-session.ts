import type { Handler } from '../../../shared/http/handler.ts'
import { changeDesired } from '../change-desired.ts'
import type { ControlServices } from '../services.ts'
import { requireLinked } from '../session-rules.ts'

export const logoutSession =
  (services: ControlServices): Handler<'logoutSession'> =>
  ({ params }, context) =>
    changeDesired(services, context, params.sessionId, (row) => {
      requireLinked(row)
      return { desired: 'LOGGED_OUT', ring: 'desired' }
    })
