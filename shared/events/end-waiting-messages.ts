import { END_FAILURES } from '../core/message-failures.ts'
import { isSettled } from '../core/message-status.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import type { TenantKeys } from '../crypto/tenant-keys.ts'
import { Endings } from '../store/endings.ts'
import { Events } from '../store/events.ts'
import { Messages } from '../store/messages.ts'
import type { EventRow } from '../store/rows/message.ts'
import type { Tables } from '../store/tables.ts'
import { endedMessageEvent } from './ended-message-event.ts'

/**
 * Ends what waits in a deleted session whose log nobody opens (any more): what a worker had in its hands is unknown, the rest
 * failed. Without a log to number them the events are control-plane events, as the sweeper's are (protocol §6). Safe to repeat.
 * @param input `isTold` false: the tenant's data keys are gone, no event can be sealed
 * @returns how many were ended, their events, to be published, and whether nothing waits any more
 */
export const endWaitingMessages = async (
  { tables, tenantKeys }: { readonly tables: Tables; readonly tenantKeys: TenantKeys },
  scope: TenantScope,
  sessionId: string,
  input: { readonly limit: number; readonly now: number; readonly isTold: boolean },
): Promise<{ ended: number; events: EventRow[]; isComplete: boolean }> => {
  const messages = new Messages(tables, scope)
  const endings = new Endings(tables, scope)
  const page = await messages.listOpen(sessionId, { limit: input.limit })
  const events: EventRow[] = []
  let [ended, left] = [0, 0]
  for (const { messageId, sk } of page.rows) {
    const row = await messages.get(messageId)
    if (!row || isSettled(row.status)) {
      await messages.dropOpen(sessionId, sk)
      continue
    }
    const isInFlight = row.status === 'sending'
    const failure = isInFlight ? END_FAILURES.unlinkedInFlight : END_FAILURES.deleted
    const end = { status: isInFlight ? ('unknown' as const) : ('failed' as const), failure, at: input.now }
    const event = input.isTold ? await endedMessageEvent(tenantKeys, row, end) : null
    const told = event ? new Events(tables, scope).controlLeg(event) : 'untold'
    if (!(await endings.end(row, end, told))) {
      left++
      continue
    }
    ended++
    if (event) events.push(event)
  }
  return { ended, events, isComplete: page.end && left === 0 }
}
