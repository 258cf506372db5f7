import { Fault } from '../../shared/core/fault.ts'
import { parsePhoneNumber } from '../../shared/http/phone-number.ts'
import { isLinked } from '../../shared/http/require-session.ts'
import { validationFault } from '../../shared/http/validate.ts'
import type { SessionRow } from '../../shared/store/rows/session.ts'

/** E.164 with `+`. @throws Fault validation_failed */
export const requirePhone = (text: string, path: string): string => {
  const parsed = parsePhoneNumber(text)
  if ('problem' in parsed) throw validationFault([{ path, message: parsed.problem }])
  return parsed.phone
}

/** The phone a session is linked to. @throws Fault session_not_linked */
export const linkedPhone = (row: SessionRow): string => {
  if (isLinked(row)) return row.phone!
  throw new Fault('session_not_linked', {
    detail: `The session is ${row.status}: link a simulated phone first (POST /v1/sessions/${row.id}/link, then POST /v1/test/sessions/${row.id}/scan).`,
  })
}
