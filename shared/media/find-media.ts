import { isId } from '../core/ids.ts'
import type { TenantContext } from '../http/handler.ts'
import { MediaFiles } from '../store/media-files.ts'
import type { MediaRow } from '../store/rows/media.ts'
import type { Tables } from '../store/tables.ts'

/** The file, if this key may see it; null else. */
export const findMedia = async (
  { tables }: { readonly tables: Tables },
  context: TenantContext,
  mediaId: string,
): Promise<MediaRow | null> => {
  context.note({ mediaId: isId('med', mediaId) ? mediaId : 'malformed' })
  const row = isId('med', mediaId) ? await new MediaFiles(tables, context.scope).get(mediaId) : null
  const bound = context.principal.key.sessionId
  return row && (bound === null || row.sessionId === bound) ? row : null
}
