import type { Operations } from '../../../shared/contract/operations.ts'
import { Fault } from '../../../shared/core/fault.ts'
import { isId } from '../../../shared/core/ids.ts'
import { dayNumber } from '../../../shared/events/control-position.ts'
import { toEnvelope } from '../../../shared/events/envelope.ts'
import { decodeVector, type EventVector, encodeVector } from '../../../shared/events/event-cursor.ts'
import { readTenantEvents } from '../../../shared/events/read-tenant-events.ts'
import type { Handler, InputOf, TenantContext } from '../../../shared/http/handler.ts'
import { NO_SESSION } from '../../../shared/http/require-session.ts'
import { validationFault } from '../../../shared/http/validate.ts'
import { Events } from '../../../shared/store/events.ts'
import { eventDataPlace } from '../../../shared/store/places.ts'
import type { EventRow } from '../../../shared/store/rows/message.ts'
import { Sessions } from '../../../shared/store/sessions.ts'
import type { ControlServices } from '../services.ts'

type Query = InputOf<Operations['listEvents']>['query']

export const listEvents =
  (services: ControlServices): Handler<'listEvents'> =>
  async ({ query }, context) => {
    const sessionId = query.sessionId ?? context.principal.key.sessionId
    return sessionId === null
      ? listOfTenant(services, query, context)
      : listOfSession(services, query, sessionId, context)
  }

const listOfSession = async (services: ControlServices, query: Query, sessionId: string, context: TenantContext) => {
  const { tables } = services
  await requireKnown(services, context, sessionId)
  if (query.cursor !== undefined && query.afterSequence !== undefined)
    throw validationFault([{ path: 'afterSequence', message: 'Use either cursor or afterSequence' }], 'query')
  const binding = { owner: context.scope.prefix, operation: context.operationName, filters: { sessionId } }
  const afterSequence =
    query.cursor === undefined
      ? (query.afterSequence ?? 0)
      : (context.cursors.verifyJson(binding, query.cursor) as { after: number }).after
  const page = await new Events(tables, context.scope).readSession(sessionId, { afterSequence, limit: query.limit })
  const last = page.rows.at(-1)?.sequence ?? afterSequence
  return {
    status: 200 as const,
    body: {
      data: await present(services, context, page.rows),
      nextCursor: context.cursors.signJson(binding, { after: last }),
      hasMore: page.hasMore,
    },
  }
}

/** Events of a deleted session stay readable as long as its rows are there. */
const requireKnown = async (services: ControlServices, context: TenantContext, sessionId: string): Promise<void> => {
  const bound = context.principal.key.sessionId
  const visible = isId('ses', sessionId) && (bound === null || bound === sessionId)
  if (!visible || !(await new Sessions(services.tables, context.scope).get(sessionId)))
    throw new Fault('not_found', { detail: NO_SESSION })
}

const listOfTenant = async (services: ControlServices, query: Query, context: TenantContext) => {
  if (query.afterSequence !== undefined)
    throw validationFault([{ path: 'afterSequence', message: 'Needs sessionId' }], 'query')
  const binding = { owner: context.scope.prefix, operation: context.operationName }
  const result = await readTenantEvents(services.tables, context.scope, {
    vector: startOf(query, context, binding),
    limit: query.limit,
    now: context.now,
  })
  return {
    status: 200 as const,
    body: {
      data: await present(
        services,
        context,
        result.steps.map(({ row }) => row),
      ),
      nextCursor: context.cursors.sign(binding, encodeVector(result.vector)),
      hasMore: result.hasMore,
    },
  }
}

const startOf = (query: Query, context: TenantContext, binding: { owner: string; operation: string }): EventVector => {
  if (query.cursor === undefined)
    return {
      control: { day: dayNumber(context.principal.tenant.createdAt), lastId: null, seen: new Set() },
      sequences: new Map(),
    }
  const vector = decodeVector(context.cursors.verify(binding, query.cursor))
  if (!vector) throw new Fault('invalid_cursor', { detail: 'This cursor is of an older version: start without one.' })
  return vector
}

const present = (services: ControlServices, context: TenantContext, rows: readonly EventRow[]) =>
  Promise.all(rows.map((row) => presentEvent(services, context, row)))

export const presentEvent = async (services: ControlServices, context: TenantContext, row: EventRow) =>
  toEnvelope(row, await services.tenantKeys.open(context.scope, eventDataPlace(row.id), row.data))
