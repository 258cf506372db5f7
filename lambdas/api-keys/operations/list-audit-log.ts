import type * as z from 'zod'
import type { auditEntrySchema } from '../../../shared/contract/audit.ts'
import type { Operations } from '../../../shared/contract/operations.ts'
import type { AdminContext, Handler, InputOf, TenantContext } from '../../../shared/http/handler.ts'
import { positionOf, toList } from '../../../shared/http/pages.ts'
import { inRange } from '../../../shared/http/time-span.ts'
import { validationFault } from '../../../shared/http/validate.ts'
import { AuditLog, type AuditRow } from '../../../shared/store/audit-log.ts'
import type { KeyServices } from '../services.ts'

const DEFAULT_RANGE_MS = 90 * 24 * 3600_000

const present = ({ v: _v, ...row }: AuditRow): z.input<typeof auditEntrySchema> => ({
  ...row,
  at: new Date(row.at).toISOString(),
})

const list = async (
  { tables }: KeyServices,
  context: TenantContext | AdminContext,
  query: InputOf<Operations['listAuditLog']>['query'],
) => {
  const { limit, cursor, ...filters } = query
  const log = new AuditLog(tables, 'scope' in context ? context.scope : null)
  const to = filters.to === undefined ? context.now : inRange(filters.to)
  const from = filters.from === undefined ? Math.max(0, to - DEFAULT_RANGE_MS) : inRange(filters.from)
  if (from > to) throw validationFault([{ path: 'from', message: 'Must not be after to' }], 'query')
  const after = positionOf(context, cursor, filters)
  const page = await log.list({ ...filters, from, to, limit, after }, context.now)
  return {
    status: 200 as const,
    body: toList(context, { items: page.items.map(present), next: page.next }, filters),
  }
}

export const listAuditLog =
  (services: KeyServices): Handler<'listAuditLog'> =>
  ({ query }, context) =>
    list(services, context, query)

export const listPlatformAuditLog =
  (services: KeyServices): Handler<'listPlatformAuditLog'> =>
  ({ query }, context) =>
    list(services, context, query)
