import { join } from 'node:path'
import type { MediaKind } from '../../shared/core/content-limits.ts'
import { MediaFiles } from '../../shared/store/media-files.ts'
import type { MediaRow } from '../../shared/store/rows/media.ts'
import type { Failure } from '../../shared/store/rows/message.ts'
import type { Preview } from '../media/preview.ts'
import type { MediaFields, OutboundBody, UploadedMedia } from '../whatsapp/content/outbound-content.ts'
import type { BuildInput } from './build-input.ts'
import { FAILURES } from './failures.ts'
import { mergePreview, previewFile, previewWanted } from './preview-media.ts'
import type { SessionContext } from './session-context.ts'
import { withTemporaryFolder } from './temporary-folder.ts'

/** The file is still on its way to us: the message is tried again in a moment. */
export class MediaPendingError extends Error {
  override readonly name = 'MediaPendingError'
}

/** WhatsApp keeps an upload for about a month; ours are used again for a day (baileys-facts §3). */
const UPLOAD_REUSED_MS = 24 * 3_600_000
const UPLOADS_REMEMBERED = 500

interface Uploaded {
  readonly at: number
  readonly file: UploadedMedia
  /** null: nobody asked for one so far */
  readonly preview: Preview | null
}

/** One file sent to many chats is uploaded and looked at once: `<session>#<media>#<kind>` → where it lies. */
const uploads = new WeakMap<SessionContext['services'], Map<string, Uploaded>>()

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
  const mimetype = mimetypeOf(kind, part.mimetype || row.mimetype)
  const said: MediaFields = {
    ...part,
    mimetype,
    width: part.width ?? row.width,
    height: part.height ?? row.height,
    animated: part.animated ?? row.animated,
  }
  const uploaded = await uploadOnce(context, row, kind, said, input)
  if (!uploaded) return { failure: FAILURES.mediaGone }
  return { type: kind, media: mergePreview(kind, said, uploaded.preview), file: uploaded.file }
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
  context: SessionContext,
  row: MediaRow,
  kind: MediaKind,
  said: MediaFields,
  { connection, now }: BuildInput,
): Promise<Uploaded | null> => {
  const { services, scope, sessionId } = context
  const { media } = services
  if (!media) return null
  const known = uploads.get(services) ?? new Map<string, Uploaded>()
  uploads.set(services, known)
  const name = `${sessionId}#${row.id}#${kind}`
  const look = previewWanted(kind, said)
  const standing = known.get(name)
  if (standing && now() - standing.at < UPLOAD_REUSED_MS && (look === null || standing.preview)) return standing
  const stored = { tenantId: scope.tenantId, mode: scope.mode, mediaId: row.id }
  const uploaded = await media.turns.run(() =>
    withTemporaryFolder(media, async (folder) => {
      const [path, plainPath] = [join(folder, 'encrypted'), look && join(folder, 'plain')]
      let preview: Promise<Preview> | null = null
      const file = await connection.uploadMedia({
        kind,
        path,
        encrypt: async (keys) => {
          const facts = await media.helpers.files.run('encrypt', { ...stored, keys, encryptedPath: path, plainPath })
          // The file is looked at while it travels.
          if (facts && look && plainPath) preview = previewFile(context, { look, path: plainPath, mediaId: row.id })
          return facts
        },
      })
      return file && { at: now(), file, preview: await preview }
    }),
  )
  if (!uploaded) return null
  known.set(name, uploaded)
  if (known.size > UPLOADS_REMEMBERED) known.delete(known.keys().next().value as string)
  return uploaded
}
