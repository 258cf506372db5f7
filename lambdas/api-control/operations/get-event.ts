import type { Handler } from '../../../shared/http/handler.ts'
import { requireEvent } from '../require-event.ts'
import type { ControlServices } from '../services.ts'
import { presentEvent } from './list-events.ts'

export const getEvent =
  (services: ControlServices): Handler<'getEvent'> =>
  async ({ params }, context) => ({
    status: 200,
    body: await presentEvent(services, context, await requireEvent(services.tables, context, params.eventId)),
  })
