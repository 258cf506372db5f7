import type { SessionStatus } from '../../shared/core/session-status.ts'
import type { Saying } from './standing.ts'

/** Why a session is closed that was not over: by its tenant, for another worker, or to be opened anew here. */
export type Leaving = 'stopped' | 'moved' | 'recycled'

const LIVE_STATUSES: readonly SessionStatus[] = ['connecting', 'connected', 'reconnecting', 'restricted']

/** What is said of a linked session when it is closed; null: what was said last stands. */
export const farewellOf = (leaving: Leaving | null, status: SessionStatus, now: number): Saying | null => {
  if (leaving === null || !LIVE_STATUSES.includes(status)) return null
  const waits = { retryable: true, nextAction: 'wait', since: now }
  switch (leaving) {
    case 'stopped':
      return { status: 'stopped', reason: null, eventType: 'session.disconnected' }
    case 'moved':
      return { status: 'reconnecting', reason: { code: 'moved', ...waits }, eventType: 'session.moved' }
    case 'recycled':
      return { status: 'reconnecting', reason: { code: 'memory_budget', ...waits }, eventType: 'session.disconnected' }
  }
}
