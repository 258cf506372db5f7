import { Fault } from '../../../shared/core/fault.ts'
import { isOpus, SNIFF_BYTES, sniffMedia } from '../../../shared/core/sniff-media.ts'
import type { TenantContext } from '../../../shared/http/handler.ts'
import { MediaFiles } from '../../../shared/store/media-files.ts'
import { MediaQuota } from '../../../shared/store/media-quota.ts'
import type { MediaRow } from '../../../shared/store/rows/media.ts'
import type { MessageServices } from '../services.ts'

type Services = Pick<MessageServices, 'tables' | 'media'>

export const noMedia = (): Fault => new Fault('not_found', { detail: 'No file with this id.' })

/**
 * Has an upload arrived? Then it is looked at once, and what it is stands on the row from then on.
 * @returns the row as it stands: still `uploading` when nothing lies there
 */
export const lookAtUpload = async (
  { tables, media }: Services,
  { scope }: TenantContext,
  row: MediaRow,
): Promise<MediaRow> => {
  if (row.status !== 'uploading') return row
  const sizeBytes = await media.store.sizeOf(scope, row.id)
  if (sizeBytes === null) return row
  const files = new MediaFiles(tables, scope)
  if (sizeBytes === 0 || sizeBytes > row.maximumBytes) {
    const code = sizeBytes === 0 ? 'media_empty' : 'media_too_large'
    const message =
      sizeBytes === 0 ? 'The file is empty.' : `The file has ${sizeBytes} bytes, ${row.maximumBytes} were announced.`
    return (await files.markUnavailable(row.id, { code, message, retryable: false })) ?? row
  }
  const beginning = await media.store.firstBytes(scope, row.id, SNIFF_BYTES)
  const sniffed = sniffMedia(beginning)
  const stored = await files.markStored(row.id, {
    mimetype: row.mimetype,
    sizeBytes,
    sha256: row.sha256,
    width: sniffed?.width ?? null,
    height: sniffed?.height ?? null,
    animated: sniffed?.animated ?? null,
    opus: isOpus(beginning),
  })
  await new MediaQuota(tables, scope).settle({ mediaId: row.id, bytes: sizeBytes, keptUntil: row.expiresAt })
  return stored ?? row
}
