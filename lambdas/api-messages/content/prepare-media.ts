import {
  allowsMimetype,
  bareMimetype,
  CONTENT_LIMITS,
  MEDIA_RULES,
  type MediaKind,
} from '../../../shared/core/content-limits.ts'
import { Fault } from '../../../shared/core/fault.ts'
import { fitsSniffed, SNIFF_BYTES, sniffMedia } from '../../../shared/core/sniff-media.ts'
import { problemOfUrl } from '../../../shared/egress/url-rules.ts'
import type { TenantContext } from '../../../shared/http/handler.ts'
import { findMedia } from '../../../shared/media/find-media.ts'
import { mediaIdOf } from '../../../shared/media/media-id.ts'
import { MEDIA_KEPT_MS } from '../../../shared/media/media-store.ts'
import { MediaFiles } from '../../../shared/store/media-files.ts'
import { mediaDetailsPlace } from '../../../shared/store/places.ts'
import type { MediaRow } from '../../../shared/store/rows/media.ts'
import type { MessageServices } from '../services.ts'
import { lookAtUpload } from './stored-media.ts'

export interface MediaPart {
  readonly mediaId?: string | null
  readonly url?: string | null
  readonly mimetype?: string | null
  readonly fileName?: string | null
}

interface Request {
  readonly kind: MediaKind
  readonly part: MediaPart
  readonly sessionId: string
  readonly messageId: string
}

/** Said by answers only; in a request they mean nothing. */
const ANSWER_ONLY = ['sizeBytes', 'sha256', 'status']

/**
 * The part of a message with a file, as it lies on the row: always with a mediaId. A file that the platform can look at
 * is looked at now; one behind a URL, or one that is just received, is waited for by the worker.
 * @throws Fault media_*, sticker_size_wrong
 */
export const prepareMedia = async (
  services: MessageServices,
  context: TenantContext,
  request: Request,
): Promise<Record<string, unknown>> => {
  const said = Object.fromEntries(
    Object.entries(request.part).filter(([name, value]) => value != null && !ANSWER_ONLY.includes(name)),
  )
  const row = request.part.url
    ? await orderFetch(services, context, request, request.part.url)
    : await requireFile(services, context, request)
  return {
    ...said,
    mediaId: row.id,
    mimetype: request.part.mimetype ?? row.mimetype,
    ...(row.status === 'stored' ? { sizeBytes: row.sizeBytes, sha256: row.sha256 } : {}),
  }
}

/** A file that is named by its id, and that fits. */
const requireFile = async (
  services: MessageServices,
  context: TenantContext,
  { kind, part }: Request,
): Promise<MediaRow> => {
  const param = `${kind}.mediaId`
  const refuse = (code: Parameters<typeof mediaFault>[0], detail: string) => mediaFault(code, detail, param)
  const found = await findMedia(services, context, part.mediaId ?? '')
  if (!found) throw refuse('media_not_found', 'No file with this id. Upload it first (POST /v1/media).')
  if (found.expiresAt <= context.now)
    throw refuse('media_expired', 'Files are kept for 30 days, this one is gone. Upload it again.')
  const row = await lookAtUpload(services, context, found)
  const { maximumBytes, mimetypes } = MEDIA_RULES[kind]
  if (row.status === 'uploading')
    throw refuse('media_not_ready', 'Nothing was uploaded yet: PUT the bytes to the upload link first.')
  if (row.status === 'unavailable') {
    const code = row.failure?.code
    if (code === 'media_empty' || code === 'media_too_large') throw refuse(code, row.failure?.message ?? '')
    throw refuse('media_expired', row.failure?.message ?? 'The file could not be had.')
  }
  const mimetype = part.mimetype ?? row.mimetype
  if (!allowsMimetype(kind, mimetype))
    throw refuse('media_type_mismatch', `The file is ${bareMimetype(mimetype)}; as ${kind} go ${mimetypes.join(', ')}.`)
  if ((row.sizeBytes ?? 0) > maximumBytes)
    throw refuse('media_too_large', `The file has ${row.sizeBytes} bytes; as ${kind} go ${maximumBytes} at most.`)
  if (row.status === 'stored') await requireFit(services, context, row, kind, bareMimetype(mimetype), refuse)
  return row
}

const requireFit = async (
  { media }: MessageServices,
  { scope }: TenantContext,
  row: MediaRow,
  kind: MediaKind,
  mimetype: string,
  refuse: (code: Parameters<typeof mediaFault>[0], detail: string) => Fault,
): Promise<void> => {
  if (kind === 'document') return
  const sniffed = sniffMedia(await media.store.firstBytes(scope, row.id, SNIFF_BYTES))
  if (!fitsSniffed(mimetype, sniffed))
    throw refuse(
      'media_type_mismatch',
      `It is called ${mimetype}, but its first bytes are ${sniffed ? `those of ${sniffed.mimetype}` : 'those of no known type'}.`,
    )
  if (kind === 'voice' && row.opus === false)
    throw refuse('media_type_mismatch', 'A voice note is Opus in Ogg; this is another codec.')
  const size = CONTENT_LIMITS.stickerPixels
  if (kind === 'sticker' && (sniffed?.width !== size || sniffed.height !== size))
    throw refuse('sticker_size_wrong', `The picture has ${sniffed?.width} × ${sniffed?.height} pixels.`)
}

/**
 * A file that the platform fetches. Its id follows from the message's, so that a repeated request orders it once.
 * @throws Fault media_url_refused
 */
const orderFetch = async (
  { tables, tenantKeys, media }: MessageServices,
  { scope, now }: TenantContext,
  { kind, part, sessionId, messageId }: Request,
  url: string,
): Promise<MediaRow> => {
  const problem = problemOfUrl(url, media.egressRules)
  if (problem) throw mediaFault('media_url_refused', `${problem}.`, `${kind}.url`)
  if (part.mimetype && !allowsMimetype(kind, part.mimetype))
    throw mediaFault(
      'media_type_mismatch',
      `As ${kind} go ${MEDIA_RULES[kind].mimetypes.join(', ')}.`,
      `${kind}.mimetype`,
    )
  const mediaId = mediaIdOf(messageId)
  const details = { url, fileName: part.fileName ?? null, kind }
  const row = await new MediaFiles(tables, scope).create({
    v: 1,
    tenantId: scope.tenantId,
    mode: scope.mode,
    id: mediaId,
    sessionId,
    messageId: null,
    source: 'url',
    status: 'pending',
    mimetype: part.mimetype ?? '',
    sizeBytes: null,
    sha256: null,
    maximumBytes: MEDIA_RULES[kind].maximumBytes,
    width: null,
    height: null,
    animated: null,
    opus: null,
    details: await tenantKeys.seal(scope, mediaDetailsPlace(mediaId), details),
    failure: null,
    createdAt: now,
    expiresAt: now + MEDIA_KEPT_MS,
  })
  if (row.status === 'pending') await media.orderFetch(scope, row.id)
  return row
}

const mediaFault = (
  code:
    | 'media_not_found'
    | 'media_expired'
    | 'media_not_ready'
    | 'media_empty'
    | 'media_too_large'
    | 'media_type_mismatch'
    | 'sticker_size_wrong'
    | 'media_url_refused',
  detail: string,
  param: string,
): Fault => new Fault(code, { detail, param })
