import type * as z from 'zod'
import type { usageRowSchema } from '../../../../shared/contract/usage.ts'
import { estimateCost } from '../../../../shared/core/price-table.ts'
import type { TenantScope } from '../../../../shared/core/tenant-scope.ts'
import {
  addConnected,
  type Counters,
  type CountersByDay,
  dayOfTime,
  mergeCounters,
} from '../../../../shared/core/usage-fold.ts'
import { sumMinuteCounts } from '../../../../shared/store/minute-counts.ts'
import type { Tables } from '../../../../shared/store/tables.ts'
import { type SessionDay, UsageRows } from '../../../../shared/store/usage.ts'

const DAYS_AT_ONCE = 8

export type UsageRow = z.input<typeof usageRowSchema>

/** What was counted in a period: by session, and what no session has. */
export interface Bucket {
  readonly counters: Map<string, Counters>
  apiCalls: number
  webhookAttempts: number
}

/** What is counted of these days, by period. @param periodLength 10: by day, 7: by month */
export const readDays = async (
  tables: Tables,
  { scope, now, since }: { scope: TenantScope; now: number; since: number },
  days: readonly string[],
  periodLength: number,
): Promise<Map<string, Bucket>> => {
  const rows = new UsageRows(tables, scope)
  const buckets = new Map<string, Bucket>()
  const running = await runningByDay(rows, now)
  const firstDay = dayOfTime(since)
  const sum = (what: 'apiCalls' | 'webhookAttempts', day: string) =>
    day < firstDay ? 0 : sumMinuteCounts(tables, what, scope, day, now)
  for (let start = 0; start < days.length; start += DAYS_AT_ONCE) {
    const reads = days.slice(start, start + DAYS_AT_ONCE).map(async (day) => ({
      day,
      sessions: await rows.day(day),
      apiCalls: await sum('apiCalls', day),
      webhookAttempts: await sum('webhookAttempts', day),
    }))
    for (const read of await Promise.all(reads)) {
      const period = read.day.slice(0, periodLength)
      const bucket = buckets.get(period) ?? { counters: new Map(), apiCalls: 0, webhookAttempts: 0 }
      buckets.set(period, bucket)
      bucket.apiCalls += read.apiCalls
      bucket.webhookAttempts += read.webhookAttempts
      for (const { sessionId, counters } of [...read.sessions, ...(running.get(read.day) ?? [])])
        bucket.counters.set(sessionId, mergeCounters(bucket.counters.get(sessionId) ?? {}, counters))
    }
  }
  return buckets
}

/** Connections that are still open: shown up to now, counted for good when they end. */
const runningByDay = async (rows: UsageRows, now: number): Promise<Map<string, SessionDay[]>> => {
  const byDay = new Map<string, SessionDay[]>()
  for (const { sessionId, since } of await rows.connectedNow()) {
    const days: CountersByDay = {}
    addConnected(days, since, now)
    for (const [day, counters] of Object.entries(days))
      byDay.set(day, [...(byDay.get(day) ?? []), { sessionId, counters }])
  }
  return byDay
}

/** Messages that cost something: each once, by the event that says that it went out or came in. */
const PAID = new Set(['sent', 'failed', 'unknown', 'canceled', 'received'])

const measuresOf = (counters: Counters) => {
  const messages = Object.entries(counters)
    .filter(([name]) => name.startsWith('messages.'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => {
      const [, direction, type, outcome] = name.split('.')
      return { direction: direction as 'outbound' | 'inbound', type: type!, outcome: outcome!, count }
    })
  const paidOf = (wanted: string) =>
    messages
      .filter(({ direction, outcome }) => direction === wanted && PAID.has(outcome))
      .reduce((sum, { count }) => sum + count, 0)
  return {
    messages,
    paid: { messagesOutbound: paidOf('outbound'), messagesInbound: paidOf('inbound') },
    sessionSeconds: Math.round((counters.connectedMs ?? 0) / 1000),
    mediaBytes: counters.mediaBytes ?? 0,
  }
}

const toRow = (
  period: string,
  sessionId: string | null,
  counters: Counters,
  sessionsActive: number,
  calls: { apiCalls: number; webhookAttempts: number } | null,
): UsageRow => {
  const { paid, ...measures } = measuresOf(counters)
  const used = calls ?? { apiCalls: 0, webhookAttempts: 0 }
  return {
    period,
    sessionId,
    ...measures,
    sessionsActive,
    webhookAttempts: calls?.webhookAttempts ?? null,
    apiCalls: calls?.apiCalls ?? null,
    estimatedCost: estimateCost({ ...measures, ...used, ...paid }),
  }
}

export const tenantRow = (period: string, bucket: Bucket): UsageRow => {
  const sum = [...bucket.counters.values()].reduce<Counters>((total, one) => mergeCounters(total, one), {})
  return toRow(period, null, sum, bucket.counters.size, bucket)
}

export const sessionRows = (period: string, bucket: Bucket, only: string | undefined): UsageRow[] =>
  [...bucket.counters]
    .filter(([sessionId]) => only === undefined || sessionId === only)
    .map(([sessionId, counters]) => toRow(period, sessionId, counters, 1, null))
