import { Fault } from '../../../shared/core/fault.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { Events } from '../../../shared/store/events.ts'
import type { ControlServices } from '../services.ts'
import { presentEvent } from './list-events.ts'

export const getEvent =
  (services: ControlServices): Handler<'getEvent'> =>
  async ({ params }, context) => {
    const row = await new Events(services.tables, context.scope).find(params.eventId)
    const bound = context.principal.key.sessionId
    if (!row || (bound !== null && row.sessionId !== bound))
      throw new Fault('not_found', { detail: 'No event with this id.' })
    return { status: 200, body: await presentEvent(services, context, row) }
  }
