import { countedMessageOf, type EndedStatus } from '../../shared/core/usage-fold.ts'
import { eventDataPlace } from '../../shared/store/places.ts'
import type { EventRow } from '../../shared/store/rows/message.ts'
import type { Sequenced } from '../auth-log/records.ts'
import type { SessionContext } from './session-context.ts'

/** The EVENT row of a sequenced record. @param data as the tenant sees it @param after of a message that we sent: how it had ended */
export const eventRow = async (
  { scope, sessionId, services }: SessionContext,
  record: Sequenced,
  type: string,
  data: unknown,
  after?: EndedStatus | null,
): Promise<EventRow> => {
  const counted = countedMessageOf(type, data)
  return {
    v: 1,
    tenantId: scope.tenantId,
    mode: scope.mode,
    id: record.eventId,
    type,
    sessionId,
    sequence: record.sequence,
    timestamp: record.at,
    data: await services.tenantKeys.seal(scope, eventDataPlace(record.eventId), data),
    ...(counted ? { counted: { ...counted, ...(after === undefined ? {} : { after }) } } : {}),
  }
}
