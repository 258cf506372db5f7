import type { Handler } from '../../../../shared/http/handler.ts'
import { requireSession } from '../../../../shared/http/require-session.ts'
import type { OperationServices } from '../../services.ts'
import { reportUsage } from './report-usage.ts'

export const getUsage =
  (services: OperationServices): Handler<'getUsage'> =>
  async ({ query }, context) => {
    if (query.sessionId !== undefined) await requireSession(services.tables, context, query.sessionId)
    return reportUsage(services, context, query, { scope: context.scope, since: context.principal.tenant.createdAt })
  }
