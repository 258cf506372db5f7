import { type Mode, TenantScope } from '../../../shared/core/tenant-scope.ts'
import type { Log } from '../../../shared/log/log.ts'
import { type EraseServices, eraseMedia } from '../../../shared/media/erase-media.ts'
import { Erasures } from '../../../shared/store/erasures.ts'
import { MediaQuota } from '../../../shared/store/media-quota.ts'

const MODES: readonly Mode[] = ['live', 'test']
const TENANTS_AT_ONCE = 5
const FILES_PER_TENANT = 400
const PARALLEL = 20
/** Upload links and warm environments are long dead by then: a second look finds what came in meanwhile. */
const LOOK_AGAIN_MS = 24 * 3_600_000

/**
 * Files of deleted tenants, in bounded steps: the next minute goes on where this one stopped, because what is gone is not
 * listed any more. @returns files removed
 */
export const eraseFilesOfTenants = async (
  services: EraseServices & { readonly log: Log },
  now: number,
  filesPerTenant: number = FILES_PER_TENANT,
): Promise<number> => {
  const erasures = new Erasures(services.tables)
  let erased = 0
  for (const { tenantId, shreddedAt } of await erasures.listDue(now, TENANTS_AT_ONCE)) {
    try {
      let found = 0
      for (const mode of MODES) {
        const scope = TenantScope.fromVerified('systemRow', { tenantId, mode })
        found += await eraseSome(services, scope, filesPerTenant - found)
      }
      erased += found
      if (found > 0) continue
      if (now - shreddedAt >= LOOK_AGAIN_MS) await erasures.finish(tenantId)
      else await erasures.postpone(tenantId, shreddedAt + LOOK_AGAIN_MS)
    } catch (error) {
      services.log.error({ err: error, tenantId }, 'files of a deleted tenant cannot be removed, next time')
    }
  }
  return erased
}

/** What lies in the bucket, and what has room reserved without lying there. @returns how many */
const eraseSome = async (services: EraseServices, scope: TenantScope, limit: number): Promise<number> => {
  if (limit <= 0) return 0
  const stored = await services.mediaStore.list(scope, limit)
  const reserved = await new MediaQuota(services.tables, scope).list(limit)
  const mediaIds = [...new Set([...stored, ...reserved])].slice(0, limit)
  for (let start = 0; start < mediaIds.length; start += PARALLEL)
    await Promise.all(mediaIds.slice(start, start + PARALLEL).map((mediaId) => eraseMedia(services, scope, mediaId)))
  return mediaIds.length
}
