import type * as z from 'zod'
import type { usageRowSchema } from '../../../shared/contract/usage.ts'
import { Fault } from '../../../shared/core/fault.ts'
import { estimateCost, PRICE_TABLE } from '../../../shared/core/price-table.ts'
import { addConnected, type Counters, type CountersByDay, mergeCounters } from '../../../shared/core/usage-fold.ts'
import { negotiate } from '../../../shared/http/accept.ts'
import type { Handler, TenantContext } from '../../../shared/http/handler.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { validationFault } from '../../../shared/http/validate.ts'
import { sumMinuteCounts } from '../../../shared/store/minute-counts.ts'
import type { Tables } from '../../../shared/store/tables.ts'
import { type SessionDay, UsageRows } from '../../../shared/store/usage.ts'
import { foldUsage } from '../../../shared/usage/fold-usage.ts'
import type { ControlServices } from '../services.ts'

const DAY_MS = 86_400_000
const MAXIMUM_DAYS = 92
const DAYS_AT_ONCE = 8

type Row = z.input<typeof usageRowSchema>

interface Bucket {
  readonly counters: Map<string, Counters>
  apiCalls: number
  webhookAttempts: number
}

export const getUsage =
  (services: ControlServices): Handler<'getUsage'> =>
  async ({ query }, context) => {
    const { tables } = services
    const type = negotiate(context.header('accept'), ['application/json', 'text/csv'])
    if (!type) throw new Fault('not_acceptable', { detail: 'Usage comes as application/json or text/csv.' })
    const today = dayOf(context.now)
    const from = query.from ?? `${today.slice(0, 8)}01`
    const to = query.to ?? (today < from ? from : today)
    const days = daysBetween(from, to)
    if (query.sessionId !== undefined) await requireSession(tables, context, query.sessionId)
    const complete = await foldUsage(services, context.scope)
    const buckets = await readDays(tables, context, days, query.granularity === 'day' ? 10 : 7)
    const perSession = query.groupBy === 'session' || query.sessionId !== undefined
    const data = [...buckets].flatMap(([period, bucket]) =>
      perSession ? sessionRows(period, bucket, query.sessionId) : [tenantRow(period, bucket)],
    )
    const headers = { Vary: 'Accept' }
    if (type === 'text/csv')
      return { status: 200, body: null, raw: { contentType: 'text/csv; charset=utf-8', content: toCsv(data) }, headers }
    return {
      status: 200,
      headers,
      body: {
        from,
        to,
        granularity: query.granularity,
        mode: context.scope.mode,
        currency: PRICE_TABLE.currency,
        priceTable: PRICE_TABLE.version,
        complete,
        asOf: new Date(context.now).toISOString(),
        data,
      },
    }
  }

const dayOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10)

const daysBetween = (from: string, to: string): string[] => {
  const [first, last] = [Date.parse(from), Date.parse(to)]
  const count = (last - first) / DAY_MS + 1
  if (count < 1) throw validationFault([{ path: 'to', message: 'Must not be before from' }], 'query')
  if (count > MAXIMUM_DAYS)
    throw validationFault([{ path: 'from', message: `At most ${MAXIMUM_DAYS} days at once` }], 'query')
  return Array.from({ length: count }, (_, index) => dayOf(first + index * DAY_MS))
}

const readDays = async (
  tables: Tables,
  { scope, now }: TenantContext,
  days: readonly string[],
  periodLength: number,
): Promise<Map<string, Bucket>> => {
  const rows = new UsageRows(tables, scope)
  const buckets = new Map<string, Bucket>()
  const running = await runningByDay(rows, now)
  for (let start = 0; start < days.length; start += DAYS_AT_ONCE) {
    const reads = days.slice(start, start + DAYS_AT_ONCE).map(async (day) => ({
      day,
      sessions: await rows.day(day),
      apiCalls: await sumMinuteCounts(tables, 'apiCalls', scope, day, now),
      webhookAttempts: await sumMinuteCounts(tables, 'webhookAttempts', scope, day, now),
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
const PAID = new Set(['sent', 'failed', 'unknown', 'received'])

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
): Row => {
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

const tenantRow = (period: string, bucket: Bucket): Row => {
  const sum = [...bucket.counters.values()].reduce<Counters>((total, one) => mergeCounters(total, one), {})
  return toRow(period, null, sum, bucket.counters.size, bucket)
}

const sessionRows = (period: string, bucket: Bucket, only: string | undefined): Row[] =>
  [...bucket.counters]
    .filter(([sessionId]) => only === undefined || sessionId === only)
    .map(([sessionId, counters]) => toRow(period, sessionId, counters, 1, null))

const COLUMNS = ['period', 'sessionId', 'metric', 'direction', 'type', 'outcome', 'value'] as const

/** One value per line: a spreadsheet can pivot it, and a new message type adds lines, not columns. */
const toCsv = (rows: readonly Row[]): string => {
  const lines = rows.flatMap((row) => {
    const plain = (
      ['sessionsActive', 'sessionSeconds', 'mediaBytes', 'webhookAttempts', 'apiCalls', 'estimatedCost'] as const
    )
      .filter((metric) => row[metric] !== null)
      .map((metric) => [row.period, row.sessionId ?? '', metric, '', '', '', String(row[metric])])
    const messages = row.messages.map(({ direction, type, outcome, count }) => [
      row.period,
      row.sessionId ?? '',
      'messages',
      direction,
      type,
      outcome,
      String(count),
    ])
    return [...messages, ...plain]
  })
  return `${[COLUMNS, ...lines].map((cells) => cells.map(quote).join(',')).join('\r\n')}\r\n`
}

const quote = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
