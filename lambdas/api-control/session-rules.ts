import { Fault } from '../../shared/core/fault.ts'
import { isLinked } from '../../shared/http/require-session.ts'
import type { SessionRow } from '../../shared/store/rows/session.ts'

const notLinked = (row: SessionRow): Fault =>
  new Fault('session_not_linked', {
    detail: `The session is ${row.status}: link a phone first (POST /v1/sessions/${row.id}/link).`,
  })

/** start, restart, logout: only with a linked phone. @throws Fault session_not_linked */
export const requireLinked = (row: SessionRow): void => {
  if (!isLinked(row)) throw notLinked(row)
}

/** stop: also ends linking. @throws Fault session_not_linked */
export const requireStoppable = (row: SessionRow): void => {
  if (row.status === 'created' || row.status === 'loggedOut') throw notLinked(row)
}

/**
 * link: unless a phone is linked. `failed` may be linked anew: its state may be lost for good.
 * @throws Fault session_already_linked
 */
export const requireLinkable = (row: SessionRow): void => {
  if (row.status === 'failed' || !isLinked(row)) return
  throw new Fault('session_already_linked', {
    detail: `The session is linked to ${row.phone} (${row.status}). Log it out first to link another phone.`,
  })
}
