import { Fault } from '../../shared/core/fault.ts'
import type { TenantContext } from '../../shared/http/handler.ts'
import { isLinked, requireSession } from '../../shared/http/require-session.ts'
import type { SessionRow } from '../../shared/store/rows/session.ts'
import { type LinkSight, Sessions } from '../../shared/store/sessions.ts'
import type { ControlServices } from './services.ts'

const RETRY_AFTER_SECONDS = 1

/**
 * The QR or code on show of a session that is being linked; `sight` null: not ready yet.
 * @throws Fault not_found, session_already_linked, session_state_conflict
 */
export const readLinkSight = async (
  { tables }: ControlServices,
  context: TenantContext,
  sessionId: string,
): Promise<{ row: SessionRow; sight: LinkSight | null }> => {
  const row = await requireSession(tables, context, sessionId)
  if (row.status !== 'linking') throw notLinking(row)
  return { row, sight: await new Sessions(tables, context.scope).getLinkSight(sessionId, context.now) }
}

const notLinking = (row: SessionRow): Fault => {
  if (row.status !== 'failed' && isLinked(row))
    return new Fault('session_already_linked', { detail: `The session is linked to ${row.phone} (${row.status}).` })
  const why = row.reason ? ` (${row.reason.code}: ${row.reason.nextAction})` : ''
  return new Fault('session_state_conflict', {
    detail: `The session is ${row.status}${why}: ask for a QR or a code first (POST /v1/sessions/${row.id}/link).`,
  })
}

export const notReady = (row: SessionRow) => ({
  status: 202 as const,
  body: { status: row.status, retryAfterSeconds: RETRY_AFTER_SECONDS },
  headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
})
