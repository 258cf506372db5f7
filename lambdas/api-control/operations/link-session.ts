import type { Handler } from '../../../shared/http/handler.ts'
import { parsePhoneNumber } from '../../../shared/http/phone-number.ts'
import { validationFault } from '../../../shared/http/validate.ts'
import type { LinkRequest } from '../../../shared/store/rows/session.ts'
import { changeDesired } from '../change-desired.ts'
import type { ControlServices } from '../services.ts'
import { requireLinkable } from '../session-rules.ts'

/** META.link and status `linking`, LEASE.desired RUNNING: one transaction. The worker shows the QR or the code. */
export const linkSession =
  (services: ControlServices): Handler<'linkSession'> =>
  async ({ params, body }, context) => {
    const link: LinkRequest =
      body.method === 'qr'
        ? { method: 'qr', requestedAt: context.now }
        : { method: 'code', phone: requirePhone(body.phone), requestedAt: context.now }
    return changeDesired(services, context, params.sessionId, (row) => {
      requireLinkable(row)
      return {
        desired: 'RUNNING',
        ring: 'desired',
        patch: () => ({ link, status: 'linking', reason: null, loggedOutAt: null }),
      }
    })
  }

const requirePhone = (text: string): string => {
  const parsed = parsePhoneNumber(text)
  if ('problem' in parsed) throw validationFault([{ path: 'phone', message: parsed.problem }])
  return parsed.phone
}
