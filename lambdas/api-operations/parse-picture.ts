import { bareMimetype } from '../../shared/core/content-limits.ts'
import { Fault } from '../../shared/core/fault.ts'
import type { PictureInput } from '../../shared/core/operation-inputs.ts'
import { PICTURE_FILE } from '../../shared/core/picture-file.ts'
import { pictureProblem } from '../../shared/core/square-jpeg.ts'
import type { TenantContext } from '../../shared/http/handler.ts'
import { validationFault } from '../../shared/http/validate.ts'
import { findMedia } from '../../shared/media/find-media.ts'
import type { OperationServices } from './services.ts'

const LIMITS = { sideMin: 64, sideMax: 1_280, bytesMax: 200 * 1_024 }
const param = 'mediaId'

/**
 * What the worker makes the picture of.
 * @throws Fault validation_failed when it is no square JPEG of a fit size; media_* when it is no file to make one of
 */
export const parsePicture = async (
  services: Pick<OperationServices, 'tables'>,
  context: TenantContext,
  { imageBase64, mediaId }: { readonly imageBase64?: string | undefined; readonly mediaId?: string | undefined },
): Promise<PictureInput> => {
  if (mediaId) return { mediaId: await requireImage(services, context, mediaId) }
  const problem = pictureProblem(Buffer.from(imageBase64 ?? '', 'base64'), LIMITS)
  if (problem) throw validationFault([{ path: 'imageBase64', message: problem }])
  return { imageBase64 }
}

/** An upload that nobody looked at yet is the worker's to look at. */
const requireImage = async (
  services: Pick<OperationServices, 'tables'>,
  context: TenantContext,
  mediaId: string,
): Promise<string> => {
  const row = await findMedia(services, context, mediaId)
  if (!row)
    throw new Fault('media_not_found', { detail: 'No file with this id. Upload it first (POST /v1/media).', param })
  if (row.expiresAt <= context.now || row.status === 'unavailable')
    throw new Fault('media_expired', { detail: row.failure?.message ?? 'The file is gone. Upload it again.', param })
  if (row.status === 'pending')
    throw new Fault('media_not_ready', { detail: 'The file is on its way to us: try again in a moment.', param })
  if (!PICTURE_FILE.mimetypes.includes(bareMimetype(row.mimetype)))
    throw new Fault('media_type_mismatch', {
      detail: `The file is ${bareMimetype(row.mimetype)}; pictures are made of ${PICTURE_FILE.mimetypes.join(', ')}.`,
      param,
    })
  if ((row.sizeBytes ?? 0) > PICTURE_FILE.bytesMax)
    throw new Fault('media_too_large', {
      detail: `The file has ${row.sizeBytes} bytes; pictures are made of ${PICTURE_FILE.bytesMax} at most.`,
      param,
    })
  return row.id
}
