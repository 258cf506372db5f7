import { presentSession } from '../../../shared/contract/present.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { Leases } from '../../../shared/store/leases.ts'
import type { ControlServices } from '../services.ts'

export const getSession =
  ({ tables }: ControlServices): Handler<'getSession'> =>
  async ({ params }, context) => {
    const [row, lease] = await Promise.all([
      requireSession(tables, context, params.sessionId),
      new Leases(tables, context.scope).get(params.sessionId),
    ])
    return { status: 200, body: presentSession(row, lease) }
  }
