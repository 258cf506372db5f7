import type { TenantScope } from '../core/tenant-scope.ts'
import { type CountedEvent, countedMessageOf, dayOfTime, foldEvents } from '../core/usage-fold.ts'
import { KeyDestroyedError, type TenantKeys } from '../crypto/tenant-keys.ts'
import { Events } from '../store/events.ts'
import { eventDataPlace } from '../store/places.ts'
import type { EventRow } from '../store/rows/message.ts'
import { Sessions } from '../store/sessions.ts'
import type { Tables } from '../store/tables.ts'
import { MAXIMUM_FOLD_DAYS, UsageRows } from '../store/usage.ts'

const PAGE = 250
const SESSIONS_AT_ONCE = 8
/** A request ends after 28 s: the rest is counted by the next one. */
const BUDGET_MS = 12_000

export interface FoldServices {
  readonly tables: Tables
  readonly tenantKeys: TenantKeys
}

/** performance.now() after which a request that begins now folds no further page. */
export const foldDeadline = (): number => performance.now() + BUDGET_MS

/**
 * Counts what the event log has and the usage rows have not. @param deadline see foldDeadline
 * @returns true when all of it is counted
 */
export const foldUsage = async (services: FoldServices, scope: TenantScope, deadline: number): Promise<boolean> => {
  if (performance.now() >= deadline) return false
  const sessions = new Sessions(services.tables, scope)
  let complete = true
  let after: Record<string, unknown> | undefined
  do {
    const page = await sessions.list({ limit: 100, after })
    for (let start = 0; start < page.items.length; start += SESSIONS_AT_ONCE) {
      const batch = page.items.slice(start, start + SESSIONS_AT_ONCE)
      const done = await Promise.all(batch.map((row) => foldSession(services, scope, row.id, deadline)))
      complete &&= done.every(Boolean)
    }
    after = page.next ?? undefined
  } while (after && performance.now() < deadline)
  return complete && !after
}

/**
 * Counts the rest of one session's log. @param deadline performance.now() after which no further page is begun
 * @returns true when all of it is counted: only then may its rows go
 */
export const foldSession = async (
  services: FoldServices,
  scope: TenantScope,
  sessionId: string,
  deadline: number,
): Promise<boolean> => {
  const rows = new UsageRows(services.tables, scope)
  const events = new Events(services.tables, scope)
  while (performance.now() < deadline) {
    const state = await rows.position(sessionId)
    const page = await events.readSession(sessionId, { afterSequence: state.afterSequence, limit: PAGE })
    if (page.rows.length === 0) return true
    const counted = await Promise.all(withinDays(page.rows).map((row) => countedOf(services, scope, row)))
    const { state: next, days } = foldEvents(state, counted)
    await rows.advance(sessionId, state, next, days)
    if (!page.hasMore && counted.length === page.rows.length) return true
  }
  return false
}

/** As many events as fit into one transaction: a connection may span many days. */
const withinDays = (rows: readonly EventRow[]): readonly EventRow[] => {
  const days = new Set<string>()
  const end = rows.findIndex((row) => days.add(dayOfTime(row.timestamp)).size > MAXIMUM_FOLD_DAYS / 2)
  return end === -1 ? rows : rows.slice(0, end)
}

const countedOf = async (services: FoldServices, scope: TenantScope, row: EventRow): Promise<CountedEvent> => {
  const base = { sequence: row.sequence!, type: row.type, timestamp: row.timestamp }
  if (row.counted) return { ...base, message: row.counted }
  const data = row.type.startsWith('message.') ? await openData(services, scope, row) : null
  return { ...base, message: countedMessageOf(row.type, data) }
}

/** Rows of before `counted`: of a deleted tenant their connected time still counts, their messages do not. */
const openData = async ({ tenantKeys }: FoldServices, scope: TenantScope, row: EventRow): Promise<unknown> => {
  try {
    return await tenantKeys.open(scope, eventDataPlace(row.id), row.data)
  } catch (error) {
    if (error instanceof KeyDestroyedError) return null
    throw error
  }
}
