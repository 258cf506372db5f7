import type { Handler } from '../../../shared/http/handler.ts'
import { positionOf, readFiltered, toList } from '../../../shared/http/pages.ts'
import { requireSession } from '../../../shared/http/require-session.ts'
import { Messages } from '../../../shared/store/messages.ts'
import { openMessage } from '../present.ts'
import type { MessageServices } from '../services.ts'

export const listMessages =
  ({ tables, tenantKeys }: MessageServices): Handler<'listMessages'> =>
  async ({ query }, context) => {
    const sessionId = query.sessionId ?? context.principal.key.sessionId ?? undefined
    if (sessionId !== undefined) await requireSession(tables, context, sessionId)
    const { status, direction, limit } = query
    const filters = { sessionId, status, direction }
    const messages = new Messages(tables, context.scope)
    const page = await readFiltered({
      limit,
      after: positionOf(context, query.cursor, filters),
      read: (after) => messages.list({ sessionId, limit, after }),
      keep: (row) =>
        (status === undefined || row.status === status) && (direction === undefined || row.direction === direction),
      lastKeyOf: (row) => messages.listPosition(row, sessionId !== undefined),
    })
    const items = await Promise.all(page.items.map((row) => openMessage(tenantKeys, context, row)))
    return { status: 200, body: toList(context, { items, next: page.next }, filters) }
  }
