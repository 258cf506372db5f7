import type { Handler } from '../../../shared/http/handler.ts'
import { findMedia } from '../../../shared/media/find-media.ts'
import { presentMedia } from '../../../shared/media/present-media.ts'
import { MediaFiles } from '../../../shared/store/media-files.ts'
import { MediaQuota } from '../../../shared/store/media-quota.ts'
import { noMedia } from '../content/stored-media.ts'
import type { MessageServices } from '../services.ts'

/** The row stays and says so: whoever still names the file gets a reason. */
export const deleteMedia =
  ({ tables, media }: MessageServices): Handler<'deleteMedia'> =>
  async ({ params }, context) => {
    const { scope } = context
    const row = await findMedia({ tables }, context, params.mediaId)
    if (!row) throw noMedia()
    context.audit({ before: presentMedia(row, {}) })
    await new MediaFiles(tables, scope).markDeleted(row.id)
    await media.store.remove(scope, row.id)
    await new MediaQuota(tables, scope).release(row.id)
    return { status: 204, body: null }
  }
