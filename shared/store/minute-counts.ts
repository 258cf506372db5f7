import { shardOf } from '../core/ids.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import { dayOf, type MinuteCount, minuteCountPartition, minuteCountSumKey, oldCallsPartition } from './keys.ts'
import type { Item } from './table.ts'
import type { Tables } from './tables.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const DAY_MINUTES = DAY_MS / MINUTE_MS
/** An environment writes a count when it counts; one whose clock is off, or whose write failed, has this long. */
const STRAGGLERS_MINUTES = 60
/** Rows by minute go after this: more than a year of days can still be summed for the first time. */
const KEPT_MS = 400 * DAY_MS
/** One partition takes 1,000 writes per second; a tenant may make 5,000 requests. */
const SHARDS = 16

/** What one environment counted for a tenant and mode in one minute, all of it so far. */
export interface CountSoFar {
  readonly what: MinuteCount
  readonly scope: TenantScope
  readonly incarnation: string
  readonly minute: number
  readonly count: number
}

export const minuteOf = (timeMs: number): number => Math.floor(timeMs / MINUTE_MS)

/**
 * One row per environment and minute with the whole count so far, which only grows: written again, late or twice it says
 * the same, so that retries and crashes never count twice.
 */
export const putMinuteCount = async (tables: Pick<Tables, 'usage'>, input: CountSoFar): Promise<void> => {
  const { what, scope, incarnation, minute, count } = input
  await tables.usage.update(
    {
      pk: minuteCountPartition(what, scope, dayOf(minute * MINUTE_MS), shardOf(incarnation, SHARDS)),
      sk: `${minute}#${incarnation}`,
    },
    {
      expression: 'SET #v = :v, #calls = :count, #ttl = :ttl',
      values: { ':v': 1, ':count': count, ':ttl': Math.ceil((minute * MINUTE_MS + KEPT_MS) / 1000) },
    },
    { expression: 'attribute_not_exists(#calls) OR #calls < :count', values: { ':count': count } },
  )
}

interface Sum {
  readonly calls: number
  /** minutes before it are in the sum; absent: the whole day is */
  readonly through: number | null
}

/**
 * Sum of one UTC day, all environments together. Minutes that are over for good are summed once and kept as one row, so that
 * a report reads the last hour, not the day, and the rows by minute may go.
 */
export const sumMinuteCounts = async (
  tables: Tables,
  what: MinuteCount,
  scope: TenantScope,
  day: string,
  now: number,
): Promise<number> => {
  const first = minuteOf(Date.parse(day))
  const end = first + DAY_MINUTES
  if (minuteOf(now) < first) return 0
  const key = minuteCountSumKey(what, scope, day)
  const kept = toSum(await tables.usage.get(key), first)
  if (kept.through === null || kept.through >= end) return kept.calls
  const settledUntil = Math.min(end, minuteOf(now) - STRAGGLERS_MINUTES)
  let [settled, open] = [kept.calls, 0]
  for (const { minute, calls } of await readMinutes(tables, what, scope, day, kept.through, end))
    if (minute < settledUntil) settled += calls
    else open += calls
  // Whoever sums up to this minute sees the same rows: nobody counts in them any more.
  if (settledUntil > kept.through)
    await tables.usage.put(
      { ...key, v: 1, calls: settled, through: settledUntil },
      { expression: 'attribute_not_exists(pk) OR #through < :through', values: { ':through': settledUntil } },
    )
  return settled + open
}

/**
 * Minutes of a day whose rows came later than any environment writes: the next report sums the day anew. Only while the
 * rows by minute are kept. @returns false when they may be gone: nothing was done
 */
export const sumAgain = async (
  tables: Pick<Tables, 'usage'>,
  what: MinuteCount,
  scope: TenantScope,
  day: string,
  now: number,
): Promise<boolean> => {
  if (now - Date.parse(day) >= KEPT_MS - DAY_MS) return false
  await tables.usage.remove(minuteCountSumKey(what, scope, day))
  return true
}

const toSum = (item: Item | null, first: number): Sum =>
  item
    ? { calls: Number(item.calls), through: typeof item.through === 'number' ? item.through : null }
    : { calls: 0, through: first }

const readMinutes = async (
  tables: Tables,
  what: MinuteCount,
  scope: TenantScope,
  day: string,
  from: number,
  until: number,
): Promise<{ minute: number; calls: number }[]> => {
  const partitions = Array.from({ length: SHARDS }, (_, shard) => minuteCountPartition(what, scope, day, shard))
  // Rows of before the shards.
  if (what === 'apiCalls') partitions.push(oldCallsPartition(scope, day))
  const read = partitions.map(async (pk) => {
    const rows: { minute: number; calls: number }[] = []
    for await (const item of tables.usage.queryAll({
      key: {
        expression: '#pk = :pk AND #sk BETWEEN :from AND :until',
        values: { ':pk': pk, ':from': String(from), ':until': String(until) },
      },
    }))
      rows.push({ minute: Number.parseInt(String(item.sk), 10), calls: Number(item.calls ?? 0) })
    return rows
  })
  return (await Promise.all(read)).flat()
}
