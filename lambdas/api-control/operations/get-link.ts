import type { Handler } from '../../../shared/http/handler.ts'
import { notReady, readLinkSight } from '../link-sight.ts'
import type { ControlServices } from '../services.ts'

export const getLink =
  (services: ControlServices): Handler<'getLink'> =>
  async ({ params }, context) => {
    const { row, sight } = await readLinkSight(services, context, params.sessionId)
    const method = row.link?.method ?? 'qr'
    if (!sight || (method === 'qr' ? sight.qr : sight.code) === null) return notReady(row)
    return {
      status: 200,
      body: {
        method,
        qr: method === 'qr' ? sight.qr : null,
        code: method === 'code' ? sight.code : null,
        expiresAt: new Date(sight.expiresAt).toISOString(),
        attempt: sight.attempt,
      },
    }
  }
