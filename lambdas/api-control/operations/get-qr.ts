import { createHash } from 'node:crypto'
import { Fault } from '../../../shared/core/fault.ts'
import { negotiate } from '../../../shared/http/accept.ts'
import type { Handler, RawContent } from '../../../shared/http/handler.ts'
import { drawQrPng, drawQrSvg } from '../draw-qr.ts'
import { notReady, readLinkSight } from '../link-sight.ts'
import type { ControlServices } from '../services.ts'

const OFFERED = ['application/json', 'image/png', 'image/svg+xml'] as const
export const getQr =
  (services: ControlServices): Handler<'getQr'> =>
  async ({ params }, context) => {
    const type = negotiate(context.header('accept'), OFFERED)
    if (!type) throw new Fault('not_acceptable', { detail: `Ask for ${OFFERED.join(', ')}.`, param: 'Accept' })
    const { row, sight } = await readLinkSight(services, context, params.sessionId)
    if (row.link?.method === 'code')
      throw new Fault('session_state_conflict', {
        detail: `The session links by pairing code: read GET /v1/sessions/${row.id}/link.`,
      })
    if (!sight?.qr) return notReady(row)
    const etag = `"${createHash('sha256').update(`${type} ${sight.qr}`).digest('base64url').slice(0, 22)}"`
    const headers = { ETag: etag, Vary: 'Accept, Authorization, X-Api-Key', 'Cache-Control': 'private, no-cache' }
    if (context.header('if-none-match') === etag) return { status: 304, body: null, headers }
    if (type === 'application/json')
      return {
        status: 200,
        body: { qr: sight.qr, expiresAt: new Date(sight.expiresAt).toISOString(), attempt: sight.attempt },
        headers,
      }
    return { status: 200, body: null, raw: draw(type, sight.qr), headers }
  }

const draw = (type: string, text: string): RawContent => ({
  contentType: type,
  content: type === 'image/png' ? drawQrPng(text) : drawQrSvg(text),
})
