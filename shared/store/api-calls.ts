import type { TenantScope } from '../core/tenant-scope.ts'
import type { Tables } from './tables.ts'

/** Calls of one tenant and mode in one minute that one environment served. */
export interface CallCount {
  readonly minute: number
  readonly calls: number
  readonly refused: number
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** An environment writes its counts within seconds; one whose clock is off has this long. */
const STRAGGLERS_MS = 3_600_000
/** Rows by minute go after this: more than a year of days can still be summed for the first time. */
const KEPT_MS = 400 * DAY_MS
const dayOfMinute = (minute: number): string => new Date(minute * MINUTE_MS).toISOString().slice(0, 10)
const partition = (scope: TenantScope, day: string): string => `${scope.prefix}UM#${day}`

/**
 * One row per environment and minute with the whole count so far: written again it says the same, so that retries and
 * crashes never count twice.
 */
export const putApiCalls = async (
  tables: Tables,
  scope: TenantScope,
  incarnation: string,
  count: CallCount,
): Promise<void> => {
  await tables.usage.put({
    pk: partition(scope, dayOfMinute(count.minute)),
    sk: `${count.minute}#${incarnation}`,
    v: 1,
    calls: count.calls,
    refused: count.refused,
    ttl: Math.ceil((count.minute * MINUTE_MS + KEPT_MS) / 1000),
  })
}

/**
 * Calls of one UTC day, all environments together. A day that is over for good is summed once and kept as one row, so that
 * a month of a busy tenant is not a million rows to read, and the rows by minute may go.
 */
export const sumApiCalls = async (tables: Tables, scope: TenantScope, day: string, now: number): Promise<number> => {
  const key = { pk: `${scope.prefix}UA`, sk: day }
  const isOver = Date.parse(day) + DAY_MS + STRAGGLERS_MS < now
  const kept = isOver ? await tables.usage.get(key) : null
  if (kept) return Number(kept.calls)
  const calls = await sumMinutes(tables, scope, day)
  // Whoever sums it sees the same rows: nobody counts for this day any more.
  if (isOver && calls > 0) await tables.usage.put({ ...key, v: 1, calls })
  return calls
}

const sumMinutes = async (tables: Tables, scope: TenantScope, day: string): Promise<number> => {
  let calls = 0
  for await (const item of tables.usage.queryAll({
    key: { expression: '#pk = :pk', values: { ':pk': partition(scope, day) } },
  }))
    calls += Number(item.calls ?? 0)
  return calls
}
