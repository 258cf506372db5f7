import { newId } from '../../../shared/core/ids.ts'
import type { Handler } from '../../../shared/http/handler.ts'
import { MEDIA_KEPT_MS } from '../../../shared/media/media-store.ts'
import { presentMedia } from '../../../shared/media/present-media.ts'
import { MediaFiles } from '../../../shared/store/media-files.ts'
import { MediaQuota } from '../../../shared/store/media-quota.ts'
import { mediaDetailsPlace } from '../../../shared/store/places.ts'
import type { MessageServices } from '../services.ts'

/** A row that waits for its bytes, room for them, and a link that takes exactly them. */
export const createMedia =
  ({ tables, tenantKeys, media }: MessageServices): Handler<'createMedia'> =>
  async ({ body }, context) => {
    const { scope, now, principal } = context
    const mediaId = newId('med', now)
    context.note({ mediaId })
    const sha256 = body.sha256?.toLowerCase() ?? null
    const file = { mediaId, mimetype: body.mimetype, sizeBytes: body.sizeBytes, sha256 }
    const upload = await media.store.presignUpload(scope, file, now)
    await new MediaQuota(tables, scope).reserve({
      mediaId,
      bytes: body.sizeBytes,
      maximum: principal.limits.mediaBytes,
      now,
      expiresAt: upload.expiresAt,
    })
    const details = { fileName: body.fileName ?? null }
    const row = await new MediaFiles(tables, scope).create({
      v: 1,
      tenantId: scope.tenantId,
      mode: scope.mode,
      id: mediaId,
      sessionId: principal.key.sessionId,
      messageId: null,
      source: 'upload',
      status: 'uploading',
      mimetype: body.mimetype,
      sizeBytes: body.sizeBytes,
      sha256,
      maximumBytes: body.sizeBytes,
      width: null,
      height: null,
      animated: null,
      opus: null,
      details: await tenantKeys.seal(scope, mediaDetailsPlace(mediaId), details),
      failure: null,
      createdAt: now,
      expiresAt: now + MEDIA_KEPT_MS,
    })
    if (row.sessionId) await new MediaFiles(tables, scope).putOfSession(row.sessionId, mediaId)
    const shown = { ...upload, headers: { ...upload.headers }, expiresAt: new Date(upload.expiresAt).toISOString() }
    return {
      status: 201,
      body: presentMedia(row, details, { upload: shown }),
      headers: { Location: `/v1/media/${mediaId}` },
    }
  }
