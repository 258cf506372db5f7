import type { MediaKind } from '../../../shared/core/content-limits.ts'
import { Fault } from '../../../shared/core/fault.ts'
import type { TenantContext } from '../../../shared/http/handler.ts'
import type { MessageServices } from '../services.ts'

export interface MediaPart {
  readonly mediaId?: string | null
  readonly url?: string | null
  readonly mimetype?: string | null
}

export const prepareMedia = async (
  _services: MessageServices,
  _context: TenantContext,
  kind: MediaKind,
  _part: MediaPart,
): Promise<Record<string, unknown>> => {
  throw new Fault('media_not_found', { detail: 'No file with this id.', param: `${kind}.mediaId` })
}
