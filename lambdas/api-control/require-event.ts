import { Fault } from '../../shared/core/fault.ts'
import type { TenantContext } from '../../shared/http/handler.ts'
import { Events, refOf } from '../../shared/store/events.ts'
import type { EventRow } from '../../shared/store/rows/message.ts'
import type { Tables } from '../../shared/store/tables.ts'

export const noEvent = (): Fault => new Fault('not_found', { detail: 'No event with this id.' })

/** The index finds it, the row itself says how it stands. @throws Fault not_found */
export const requireEvent = async (tables: Tables, context: TenantContext, eventId: string): Promise<EventRow> => {
  const events = new Events(tables, context.scope)
  const found = await events.find(eventId)
  const bound = context.principal.key.sessionId
  if (!found || (bound !== null && found.sessionId !== bound)) throw noEvent()
  const row = await events.get(refOf(found))
  if (!row) throw noEvent()
  return row
}
