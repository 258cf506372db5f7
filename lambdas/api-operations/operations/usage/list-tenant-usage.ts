import { PRICE_TABLE } from '../../../../shared/core/price-table.ts'
import { type Mode, TenantScope } from '../../../../shared/core/tenant-scope.ts'
import { dayOfTime } from '../../../../shared/core/usage-fold.ts'
import type { Handler } from '../../../../shared/http/handler.ts'
import { positionOf, toList } from '../../../../shared/http/pages.ts'
import { type TenantRow, Tenants } from '../../../../shared/store/tenants.ts'
import { foldDeadline, foldUsage } from '../../../../shared/usage/fold-usage.ts'
import type { OperationServices } from '../../services.ts'
import { type Bucket, readDays, tenantRow } from './read-usage.ts'
import { csvAnswer, wantsCsv } from './report-usage.ts'
import { toTenantsCsv } from './usage-csv.ts'

const TENANTS_AT_ONCE = 4
const MONTH_LENGTH = 7

export const listTenantUsage =
  (services: OperationServices): Handler<'listTenantUsage'> =>
  async ({ query }, context) => {
    const csv = wantsCsv(context)
    const { now } = context
    const month = query.month ?? dayOfTime(now).slice(0, MONTH_LENGTH)
    // A cursor goes on with the month that it was made for.
    const filters = { month, mode: query.mode }
    const page = await new Tenants(services.tables).list({
      limit: query.limit,
      after: positionOf(context, query.cursor, filters),
    })
    const subject = { month, mode: query.mode, now, deadline: foldDeadline() }
    const items = []
    for (let start = 0; start < page.items.length; start += TENANTS_AT_ONCE) {
      const batch = page.items.slice(start, start + TENANTS_AT_ONCE)
      items.push(...(await Promise.all(batch.map((tenant) => monthOf(services, tenant, subject)))))
    }
    const list = toList(context, { items, next: page.next }, filters)
    if (csv) return csvAnswer(toTenantsCsv(items), list.nextCursor === null ? {} : { 'Next-Cursor': list.nextCursor })
    return {
      status: 200,
      headers: { Vary: 'Accept' },
      body: {
        ...list,
        month,
        mode: query.mode,
        currency: PRICE_TABLE.currency,
        priceTable: PRICE_TABLE.version,
        asOf: new Date(now).toISOString(),
      },
    }
  }

const monthOf = async (
  services: OperationServices,
  { id, name, plan, status, createdAt }: TenantRow,
  { month, mode, now, deadline }: { month: string; mode: Mode; now: number; deadline: number },
) => {
  const scope = TenantScope.fromVerified('systemRow', { tenantId: id, mode })
  const complete = await foldUsage(services, scope, deadline)
  const days = daysOf(month).filter((day) => day <= dayOfTime(now) && day >= dayOfTime(createdAt))
  const buckets = await readDays(services.tables, { scope, now, since: createdAt }, days, MONTH_LENGTH)
  const nothing: Bucket = { counters: new Map(), apiCalls: 0, webhookAttempts: 0 }
  return { tenantId: id, name, plan, status, complete, usage: tenantRow(month, buckets.get(month) ?? nothing) }
}

const daysOf = (month: string): string[] => {
  const length = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate()
  return Array.from({ length }, (_, index) => `${month}-${String(index + 1).padStart(2, '0')}`)
}
