import { Fault } from '../../../shared/core/fault.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { isLinked, requireSession } from '../../../shared/http/require-session.ts'
import type { SessionRow } from '../../../shared/store/rows/session.ts'
import { Sessions } from '../../../shared/store/sessions.ts'
import { requirePhone } from '../require-phone.ts'
import type { TestServices } from '../services.ts'
import { requireSimulator } from '../simulator.ts'

/** The phone scans the QR on show; when the session links by code, it types the code. */
export const testScan =
  ({ tables, simulator: configured }: TestServices): Handler<'testScan'> =>
  async ({ params, body }, context) => {
    const phone = requirePhone(body.phone, 'phone')
    const row = await requireSession(tables, context, params.sessionId)
    const simulator = requireSimulator(configured)
    if (isLinked(row))
      throw new Fault('session_already_linked', { detail: `The session is linked to ${row.phone} (${row.status}).` })
    const sight =
      row.status === 'linking' ? await new Sessions(tables, context.scope).getLinkSight(row.id, context.now) : null
    if (!sight) throw nothingOnShow(row)
    const path = `/phones/${encodeURIComponent(phone)}`
    await simulator.call(context.scope, 'POST', '/phones', { phone, name: body.name })
    if (sight.qr !== null) await simulator.call(context.scope, 'POST', `${path}/scan`, { qr: sight.qr })
    else await simulator.call(context.scope, 'POST', `${path}/code`, { code: sight.code })
    return { status: 202, body: { status: 'accepted' } }
  }

const nothingOnShow = (row: SessionRow): Fault =>
  new Fault('session_state_conflict', {
    detail:
      row.status === 'linking'
        ? `No QR is on show yet: wait until GET /v1/sessions/${row.id}/qr answers 200.`
        : `The session is ${row.status}: ask for a QR first (POST /v1/sessions/${row.id}/link).`,
  })
