import type { Handler } from '../../../shared/http/handler.ts'
import { findMedia } from '../../../shared/media/find-media.ts'
import { presentMedia } from '../../../shared/media/present-media.ts'
import { mediaDetailsPlace } from '../../../shared/store/places.ts'
import { lookAtUpload, noMedia } from '../content/stored-media.ts'
import type { MessageServices } from '../services.ts'

export const getMedia =
  (services: MessageServices): Handler<'getMedia'> =>
  async ({ params }, context) => {
    const found = await findMedia(services, context, params.mediaId)
    if (!found) throw noMedia()
    const row = await lookAtUpload(services, context, found)
    const place = mediaDetailsPlace(row.id)
    const details = (await services.tenantKeys.open(context.scope, place, row.details)) as { fileName?: string | null }
    const isThere = row.status === 'stored' && row.expiresAt > context.now
    const file = { mimetype: row.mimetype, fileName: details.fileName ?? null }
    const download = isThere
      ? await services.media.store.presignDownload(context.scope, row.id, file, context.now)
      : undefined
    return { status: 200, body: presentMedia(row, details, { download }) }
  }
