import { toEnvelope } from '../../../shared/events/envelope.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Events, refOf } from '../../../shared/store/events.ts'
import { eventDataPlace } from '../../../shared/store/places.ts'
import { noEvent, requireEvent } from '../require-event.ts'
import type { ControlServices } from '../services.ts'

/** The row stays, so that its sequence leaves no gap and a worker's repeated write of it is still "written already". */
export const expungeEvent =
  ({ tables, tenantKeys }: ControlServices): Handler<'expungeEvent'> =>
  async ({ params }, context) => {
    const { scope, now } = context
    const found = await requireEvent(tables, context, params.eventId)
    const sealedNull = await tenantKeys.seal(scope, eventDataPlace(found.id), null)
    const row = await new Events(tables, scope).expunge(refOf(found), sealedNull, now)
    if (!row) throw noEvent()
    context.note({ eventId: row.id })
    return { status: 200, body: toEnvelope(row, null) }
  }
