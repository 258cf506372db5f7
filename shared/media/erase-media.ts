import type { TenantScope } from '../core/tenant-scope.ts'
import { MediaFiles } from '../store/media-files.ts'
import { MediaQuota } from '../store/media-quota.ts'
import type { Tables } from '../store/tables.ts'
import type { MediaStore } from './media-store.ts'

export interface EraseServices {
  readonly tables: Tables
  readonly mediaStore: MediaStore
}

/** Object, row and room of one file, in this order: whoever is interrupted finds it again. Nothing there is fine. */
export const eraseMedia = async (
  { tables, mediaStore }: EraseServices,
  scope: TenantScope,
  mediaId: string,
): Promise<void> => {
  await mediaStore.remove(scope, mediaId)
  await new MediaFiles(tables, scope).remove(mediaId)
  await new MediaQuota(tables, scope).release(mediaId)
}
