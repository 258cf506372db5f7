import type { MediaKind } from '../../shared/core/content-limits.ts'
import { MediaFiles } from '../../shared/store/media-files.ts'
import type { MediaRow } from '../../shared/store/rows/media.ts'
import type { Failure } from '../../shared/store/rows/message.ts'
import type { MediaFields, OutboundBody, UploadedMedia } from '../whatsapp/content/outbound-content.ts'
import type { BuildInput } from './build-content.ts'
import { FAILURES } from './failures.ts'
import type { SessionContext } from './session-context.ts'
import { withTemporaryFile } from './temporary-file.ts'

/** The file is still on its way to us: the message is tried again in a moment. */
export class MediaPendingError extends Error {
  override readonly name = 'MediaPendingError'
}

/** WhatsApp keeps an upload for about a month; ours are used again for a day (baileys-facts §3). */
const UPLOAD_REUSED_MS = 24 * 3_600_000
const UPLOADS_REMEMBERED = 500

/** One file sent to many chats is uploaded once: `<session>#<media>#<kind>` → where it lies. */
const uploads = new WeakMap<
  SessionContext['services'],
  Map<string, { readonly at: number; readonly file: UploadedMedia }>
>()

/** @throws MediaPendingError; what S3 and the media host throw: it is tried again */
export const buildMedia = async (
  context: SessionContext,
  kind: MediaKind,
  input: BuildInput,
): Promise<OutboundBody | { failure: Failure }> => {
  const { media } = context.services
  const part = input.content[kind] as (MediaFields & { readonly mediaId?: string }) | undefined
  if (!media || !part?.mediaId) return { failure: FAILURES.unsupportedType }
  const row = await new MediaFiles(context.services.tables, context.scope).get(part.mediaId)
  const problem = problemOf(row, input.now())
  if (problem) return { failure: problem }
  if (row?.status !== 'stored') throw new MediaPendingError('the file of a message is not there yet')
  const file = await uploadOnce(context, row, kind, input)
  if (!file) return { failure: FAILURES.mediaGone }
  const known = {
    width: part.width ?? row.width,
    height: part.height ?? row.height,
    animated: part.animated ?? row.animated,
  }
  const mimetype = mimetypeOf(kind, part.mimetype || row.mimetype)
  return { type: kind, media: { ...part, ...known, mimetype }, file }
}

const problemOf = (row: MediaRow | null, now: number): Failure | null => {
  if (!row || row.expiresAt <= now) return FAILURES.mediaGone
  if (row.status === 'unavailable') return row.failure ?? FAILURES.mediaGone
  return null
}

/** Phones play a voice note only when it is called exactly so. */
const mimetypeOf = (kind: MediaKind, mimetype: string): string =>
  kind === 'voice' && mimetype === 'audio/ogg' ? 'audio/ogg; codecs=opus' : mimetype

/** Null when the file is gone from the bucket. */
const uploadOnce = async (
  { services, scope, sessionId }: SessionContext,
  row: MediaRow,
  kind: MediaKind,
  { connection, now }: BuildInput,
): Promise<UploadedMedia | null> => {
  const { media } = services
  if (!media) return null
  const known = uploads.get(services) ?? new Map<string, { at: number; file: UploadedMedia }>()
  uploads.set(services, known)
  const name = `${sessionId}#${row.id}#${kind}`
  const standing = known.get(name)
  if (standing && now() - standing.at < UPLOAD_REUSED_MS) return standing.file
  const file = await media.turns.run(async () => {
    const source = await media.store.read(scope, row.id)
    return source && withTemporaryFile((path) => connection.uploadMedia({ source, kind, path }))
  })
  if (!file) return null
  known.set(name, { at: now(), file })
  if (known.size > UPLOADS_REMEMBERED) known.delete(known.keys().next().value as string)
  return file
}
