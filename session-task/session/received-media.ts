import { isMediaKind, LARGEST_MEDIA_BYTES } from '../../shared/core/content-limits.ts'
import { mediaIdOf } from '../../shared/media/media-id.ts'
import { MEDIA_KEPT_MS } from '../../shared/media/media-store.ts'
import { MediaFiles } from '../../shared/store/media-files.ts'
import { mediaDetailsPlace } from '../../shared/store/places.ts'
import type { SessionContext } from './session-context.ts'

/**
 * A row and a mark for the file of a received message, before its event: whoever owns the session fetches it.
 * @returns the part of the message with the id; null when the message has no file. Safe to repeat.
 */
export const announceMedia = async (
  { services, scope, sessionId }: SessionContext,
  message: { readonly id: string; readonly type: string; readonly at: number },
  part: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown> | null> => {
  if (!isMediaKind(message.type)) return null
  const mediaId = mediaIdOf(message.id)
  const { mimetype, sizeBytes, sha256, fileName, width, height, animated } = part
  const files = new MediaFiles(services.tables, scope)
  const row = await files.create({
    v: 1,
    tenantId: scope.tenantId,
    mode: scope.mode,
    id: mediaId,
    sessionId,
    messageId: message.id,
    source: 'inbound',
    status: 'pending',
    mimetype: typeof mimetype === 'string' ? mimetype : 'application/octet-stream',
    sizeBytes: typeof sizeBytes === 'number' ? sizeBytes : null,
    sha256: typeof sha256 === 'string' ? sha256 : null,
    maximumBytes: LARGEST_MEDIA_BYTES,
    width: typeof width === 'number' ? width : null,
    height: typeof height === 'number' ? height : null,
    animated: animated === true ? true : null,
    opus: null,
    details: await services.tenantKeys.seal(scope, mediaDetailsPlace(mediaId), { fileName: fileName ?? null }),
    failure: null,
    createdAt: message.at,
    expiresAt: message.at + MEDIA_KEPT_MS,
  })
  if (row.status === 'pending') await files.putPending(sessionId, mediaId)
  return { ...part, mediaId }
}
