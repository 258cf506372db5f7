import { presentSession } from '../../../shared/contract/present.ts'
import type { Handler, TenantContext } from '../../../shared/http/handler.ts'
import { positionOf, readFiltered, toList } from '../../../shared/http/pages.ts'
import { Leases } from '../../../shared/store/leases.ts'
import type { Page } from '../../../shared/store/page.ts'
import type { SessionRow } from '../../../shared/store/rows/session.ts'
import { Sessions } from '../../../shared/store/sessions.ts'
import type { ControlServices } from '../services.ts'

export const listSessions =
  ({ tables }: ControlServices): Handler<'listSessions'> =>
  async ({ query }, context) => {
    const sessions = new Sessions(tables, context.scope)
    const leases = new Leases(tables, context.scope)
    const filters = { status: query.status }
    const keep = (row: SessionRow) =>
      row.deletedAt === undefined && (query.status === undefined || row.status === query.status)
    const after = positionOf(context, query.cursor, filters)
    const page = (await onlySession(sessions, context, keep)) ?? {
      ...(await readFiltered({
        limit: query.limit,
        after,
        read: (from) => sessions.list({ limit: query.limit, after: from }),
        keep,
        lastKeyOf: (row) => sessions.listPosition(row),
      })),
    }
    const items = await Promise.all(page.items.map(async (row) => presentSession(row, await leases.get(row.id))))
    return { status: 200, body: toList(context, { items, next: page.next }, filters) }
  }

/** A key bound to one session lists that one. */
const onlySession = async (
  sessions: Sessions,
  context: TenantContext,
  keep: (row: SessionRow) => boolean,
): Promise<Page<SessionRow> | null> => {
  const { sessionId } = context.principal.key
  if (sessionId === null) return null
  const row = await sessions.get(sessionId)
  return { items: row && keep(row) ? [row] : [], next: null }
}
