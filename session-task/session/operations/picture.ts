import { join } from 'node:path'
import type { PictureInput } from '../../../shared/core/operation-inputs.ts'
import { PICTURE_FILE } from '../../../shared/core/picture-file.ts'
import { HelperError } from '../../media/helper.ts'
import type { SessionContext } from '../session-context.ts'
import { withTemporaryFolder } from '../temporary-folder.ts'
import { CommandFailure } from './command-failure.ts'

/** What WhatsApp's own clients make of a picture. */
const SIDE_PIXELS = 640

/** The JPEG that goes to WhatsApp: as it was given, or made of a file. @throws CommandFailure; what S3 throws */
export const pictureOf = async (
  { services, scope }: SessionContext,
  { imageBase64, mediaId }: PictureInput,
): Promise<Uint8Array> => {
  if (!mediaId) return Buffer.from(imageBase64 ?? '', 'base64')
  const { media } = services
  if (!media) throw new CommandFailure('unavailable', 'This worker has no files.', true)
  const stored = { tenantId: scope.tenantId, mode: scope.mode, mediaId }
  return withTemporaryFolder(media, async (folder) => {
    const path = join(folder, 'plain')
    const isThere = await media.helpers.files
      .run('fetch', { ...stored, path, maxBytes: PICTURE_FILE.bytesMax })
      .catch((error: unknown) => {
        if (!(error instanceof HelperError) || error.reason !== 'media_too_large') throw error
        throw new CommandFailure('media_too_large', `Pictures are made of ${PICTURE_FILE.bytesMax} bytes at most.`)
      })
    if (!isThere)
      throw new CommandFailure('media_not_ready', 'Nothing was uploaded yet, or it is gone: upload it again.')
    try {
      return await media.helpers.previews.run('picture', { path, sidePixels: SIDE_PIXELS })
    } catch (error) {
      // Too many at this moment, or this worker ends: somebody tries it again.
      if (!(error instanceof HelperError) || error.code === 'busy' || error.code === 'stopped') throw error
      throw new CommandFailure('media_type_mismatch', 'The file cannot be read as a picture.')
    }
  })
}
