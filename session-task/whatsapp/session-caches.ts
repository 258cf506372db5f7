import type { SessionLog } from '../auth-log/session-log.ts'
import { BoundedCache } from './bounded-cache.ts'
import { QueryBudget } from './query-budget.ts'
import type { AskedAgain } from './repairs/bounded-retries.ts'

const HOUR_MS = 3_600_000

/** Caches that must outlive a socket: a reconnect may neither reset retry limits nor re-fetch every device list. */
export interface SessionCaches {
  /** how often peers asked for messages of ours again */
  readonly retryCounts: BoundedCache
  /** how often we asked for theirs */
  readonly askedAgain: AskedAgain
  readonly devices: BoundedCache
  readonly resolved: BoundedCache
  /** metadata of groups by jid; dropped when WhatsApp tells of a change */
  readonly groups: BoundedCache
  readonly queries: QueryBudget
  /** names of inbound stanzas that a connection was replaced for */
  readonly stuckStanzas: Set<string>
}

/**
 * Keyed by the open log, which lives exactly as long as this worker owns the session. Device lists are kept for an
 * hour instead of the library's five minutes: each refresh opens another Signal session with every device
 * (simulator-facts §9, session growth).
 */
const cachesOfLog = new WeakMap<SessionLog, SessionCaches>()

/** What the caches of a session hold, of which each entry is some hundred bytes. */
export const cachedEntries = (log: SessionLog): number => {
  const caches = cachesOfLog.get(log)
  if (!caches) return 0
  const { retryCounts, askedAgain, devices, resolved, groups } = caches
  const asked = askedAgain.messages.size + askedAgain.senders.size
  return retryCounts.size + asked + devices.size + resolved.size + groups.size * 10
}

export const sessionCaches = (log: SessionLog): SessionCaches => {
  const existing = cachesOfLog.get(log)
  if (existing) return existing
  const created: SessionCaches = {
    retryCounts: new BoundedCache(5_000, 2 * HOUR_MS),
    askedAgain: { messages: new BoundedCache(5_000, 2 * HOUR_MS), senders: new BoundedCache(1_000, HOUR_MS) },
    devices: new BoundedCache(5_000, HOUR_MS),
    resolved: new BoundedCache(5_000, 24 * HOUR_MS),
    groups: new BoundedCache(1_000, HOUR_MS),
    queries: new QueryBudget(),
    stuckStanzas: new Set(),
  }
  cachesOfLog.set(log, created)
  return created
}
