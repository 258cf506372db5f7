import { bareMimetype, CONTENT_LIMITS, type MediaKind } from '../../shared/core/content-limits.ts'
import { HelperError } from '../media/helper.ts'
import type { Look, Preview } from '../media/preview.ts'
import type { MediaFields } from '../whatsapp/content/outbound-content.ts'
import type { SessionContext } from './session-context.ts'

const PICTURES = ['image/jpeg', 'image/png', 'image/webp']
const isMissing = (value: unknown): boolean => value === undefined || value === null

/** How to look at a file so that nothing is missing that a player shows; null: everything is said already. */
export const previewWanted = (kind: MediaKind, said: MediaFields): Look | null => {
  const lacks = (...names: readonly (keyof MediaFields)[]): boolean => names.some((name) => isMissing(said[name]))
  switch (kind) {
    case 'image':
      return lacks('thumbnail', 'width', 'height') ? 'image' : null
    case 'video':
      return lacks('thumbnail', 'width', 'height', 'seconds') ? 'video' : null
    case 'audio':
      return lacks('seconds') ? 'audio' : null
    case 'voice':
      return lacks('seconds', 'waveform') ? 'voice' : null
    case 'document':
      return lacks('thumbnail') && PICTURES.includes(bareMimetype(said.mimetype)) ? 'image' : null
    case 'sticker':
      // Its size stands in the first bytes, and was looked at when it was accepted.
      return null
  }
}

/** What the caller gave wins. */
export const mergePreview = (kind: MediaKind, said: MediaFields, preview: Preview | null): MediaFields => {
  if (!preview) return said
  const { thumbnail, width, height, seconds, waveform } = preview
  if (kind === 'document') return { ...said, thumbnail: said.thumbnail ?? thumbnail }
  return {
    ...said,
    width: said.width ?? width,
    height: said.height ?? height,
    thumbnail: said.thumbnail ?? thumbnail,
    seconds: said.seconds ?? (seconds && Math.max(1, seconds)),
    waveform: said.waveform ?? waveform,
  }
}

/** ffmpeg that is not there is said once per worker, not once per video. */
const told = new WeakSet<SessionContext['services']>()

/** Never fails: a message goes without its preview. @returns what could be found out */
export const previewFile = async (
  { services, log }: SessionContext,
  { look, path, mediaId }: { readonly look: Look; readonly path: string; readonly mediaId: string },
): Promise<Preview> => {
  const { media } = services
  if (!media) return {}
  try {
    const { preview, missing } = await media.helpers.previews.run('preview', { look, path })
    if (missing.length > 0 && !told.has(services)) {
      told.add(services)
      log.warn({ missing }, 'videos go without a thumbnail: install the program, or let callers give thumbnails')
    }
    const { thumbnail, ...rest } = preview
    const isSmall = thumbnail !== undefined && Buffer.byteLength(thumbnail, 'base64') <= CONTENT_LIMITS.thumbnailBytes
    return { ...rest, ...(isSmall ? { thumbnail } : {}) }
  } catch (error) {
    const code = error instanceof HelperError ? error.code : 'unknown'
    log.warn({ mediaId, look, code, error: String(error) }, 'a file goes without its preview')
    return {}
  }
}
