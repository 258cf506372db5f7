import { Fault } from '../../../../shared/core/fault.ts'
import { PRICE_TABLE } from '../../../../shared/core/price-table.ts'
import type { TenantScope } from '../../../../shared/core/tenant-scope.ts'
import { dayOfTime } from '../../../../shared/core/usage-fold.ts'
import { negotiate } from '../../../../shared/http/accept.ts'
import type { BaseContext } from '../../../../shared/http/handler.ts'
import { validationFault } from '../../../../shared/http/validate.ts'
import { foldDeadline, foldUsage } from '../../../../shared/usage/fold-usage.ts'
import type { OperationServices } from '../../services.ts'
import { readDays, sessionRows, tenantRow } from './read-usage.ts'
import { toUsageCsv } from './usage-csv.ts'

const DAY_MS = 86_400_000
const MAXIMUM_DAYS = 92

interface UsageQuery {
  readonly from?: string
  readonly to?: string
  readonly granularity: 'day' | 'month'
  readonly groupBy?: 'session'
  readonly sessionId?: string
}

/** @throws Fault not_acceptable */
export const wantsCsv = (context: BaseContext): boolean => {
  const type = negotiate(context.header('accept'), ['application/json', 'text/csv'])
  if (!type) throw new Fault('not_acceptable', { detail: 'Usage comes as application/json or text/csv.' })
  return type === 'text/csv'
}

export const csvAnswer = (content: string, headers: Readonly<Record<string, string>> = {}) => ({
  status: 200 as const,
  body: null,
  raw: { contentType: 'text/csv; charset=utf-8', content },
  headers: { Vary: 'Accept', ...headers },
})

/** The report of one tenant and mode. @param subject `since`: when the tenant was made */
export const reportUsage = async (
  services: OperationServices,
  context: BaseContext,
  query: UsageQuery,
  subject: { readonly scope: TenantScope; readonly since: number },
) => {
  const csv = wantsCsv(context)
  const { now } = context
  const today = dayOfTime(now)
  const from = query.from ?? `${today.slice(0, 8)}01`
  const to = query.to ?? (today < from ? from : today)
  const days = daysBetween(from, to)
  const complete = await foldUsage(services, subject.scope, foldDeadline())
  const buckets = await readDays(services.tables, { ...subject, now }, days, query.granularity === 'day' ? 10 : 7)
  const perSession = query.groupBy === 'session' || query.sessionId !== undefined
  const data = [...buckets].flatMap(([period, bucket]) =>
    perSession ? sessionRows(period, bucket, query.sessionId) : [tenantRow(period, bucket)],
  )
  if (csv) return csvAnswer(toUsageCsv(data))
  return {
    status: 200 as const,
    headers: { Vary: 'Accept' },
    body: {
      from,
      to,
      granularity: query.granularity,
      mode: subject.scope.mode,
      currency: PRICE_TABLE.currency,
      priceTable: PRICE_TABLE.version,
      complete,
      asOf: new Date(now).toISOString(),
      data,
    },
  }
}

const daysBetween = (from: string, to: string): string[] => {
  const [first, last] = [Date.parse(from), Date.parse(to)]
  const count = (last - first) / DAY_MS + 1
  if (count < 1) throw validationFault([{ path: 'to', message: 'Must not be before from' }], 'query')
  if (count > MAXIMUM_DAYS)
    throw validationFault([{ path: 'from', message: `At most ${MAXIMUM_DAYS} days at once` }], 'query')
  return Array.from({ length: count }, (_, index) => dayOfTime(first + index * DAY_MS))
}
