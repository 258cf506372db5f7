import { Fault } from '../core/fault.ts'
import { isId } from '../core/ids.ts'
import type { SessionRow } from '../store/rows/session.ts'
import { Sessions } from '../store/sessions.ts'
import type { Tables } from '../store/tables.ts'
import type { TenantContext } from './handler.ts'

export const NO_SESSION = 'No session with this id.'

/** The session, if this key may see it. Unknown, deleted, another tenant's, not this key's: one and the same 404. */
export const requireSession = async (
  tables: Tables,
  context: TenantContext,
  sessionId: string,
): Promise<SessionRow> => {
  context.note({ sessionId: isId('ses', sessionId) ? sessionId : 'malformed' })
  const bound = context.principal.key.sessionId
  const visible = isId('ses', sessionId) && (bound === null || bound === sessionId)
  const row = visible ? await new Sessions(tables, context.scope).get(sessionId) : null
  if (!row || row.deletedAt !== undefined) throw new Fault('not_found', { detail: NO_SESSION })
  return row
}

/** Is a phone linked to it? `phone` is kept after a logout, so it alone does not say it. */
export const isLinked = (row: Pick<SessionRow, 'phone' | 'status'>): boolean =>
  row.phone !== null && !['created', 'linking', 'loggedOut'].includes(row.status)
