import { publishCalmly } from '../../shared/events/control-events.ts'
import { endWaitingMessages } from '../../shared/events/end-waiting-messages.ts'
import { emitMetrics } from '../../shared/log/metrics.ts'
import type { SessionContext } from './session-context.ts'

const PAGE_ROWS = 100

/** Ends what waits in a session that is deleted and whose log nobody can read. Safe to repeat. */
export const endWithoutLog = async ({ services, scope, sessionId, log }: SessionContext): Promise<void> => {
  for (;;) {
    const input = { limit: PAGE_ROWS, now: Date.now(), isTold: true }
    const { ended, events, isComplete } = await endWaitingMessages(services, scope, sessionId, input)
    if (ended > 0) emitMetrics({ message_unsendable_count: [ended, 'Count'] }, { mode: scope.mode })
    await publishCalmly(services.eventSink, log, events)
    // What somebody else changes at this moment ends with him, or with the sweeper.
    if (isComplete || ended === 0) return
  }
}
