import { isSettled } from '../../shared/core/message-status.ts'
import { publishCalmly } from '../../shared/events/control-events.ts'
import { endedMessageEvent } from '../../shared/events/ended-message-event.ts'
import { emitMetrics } from '../../shared/log/metrics.ts'
import { Endings } from '../../shared/store/endings.ts'
import { Events } from '../../shared/store/events.ts'
import { Messages } from '../../shared/store/messages.ts'
import { FAILURES } from './failures.ts'
import type { SessionContext } from './session-context.ts'

const PAGE_ROWS = 100

/**
 * Ends what waits in a session that is deleted and whose log nobody can read: what a worker had in its hands is unknown,
 * the rest failed. Without a log to number them the events are control-plane events, as the sweeper's are (protocol §6).
 * Safe to repeat.
 */
export const endWithoutLog = async (context: SessionContext): Promise<void> => {
  const { services, scope, sessionId, log } = context
  const messages = new Messages(services.tables, scope)
  const endings = new Endings(services.tables, scope)
  const events = new Events(services.tables, scope)
  let afterSortKey: string | undefined
  for (;;) {
    const page = await messages.listOpen(sessionId, { limit: PAGE_ROWS, afterSortKey })
    for (const { messageId } of page.rows) {
      const row = await messages.get(messageId)
      if (!row || isSettled(row.status)) continue
      const isInFlight = row.status === 'sending'
      const failure = isInFlight ? FAILURES.unlinkedInFlight : FAILURES.deleted
      const end = { status: isInFlight ? ('unknown' as const) : ('failed' as const), failure, at: Date.now() }
      const event = await endedMessageEvent(services.tenantKeys, row, end)
      if (!(await endings.end(row, end, events.controlLeg(event)))) continue
      emitMetrics({ message_unsendable_count: [1, 'Count'] }, { mode: scope.mode })
      await publishCalmly(services.eventSink, log, [event])
    }
    afterSortKey = page.rows.at(-1)?.sk
    if (page.end || afterSortKey === undefined) return
  }
}
