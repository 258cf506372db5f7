import type { TenantScope } from '../core/tenant-scope.ts'
import type { BucketSize } from '../core/token-bucket.ts'
import { intervalMs, type Lease, takeTokens } from '../core/token-bucket.ts'
import { rateLimitKey } from './keys.ts'
import type { WriteResult } from './table.ts'
import type { Tables } from './tables.ts'

const TRIES = 4
/** Rows of buckets that nobody uses go; a bucket without a row is full. */
const KEPT_SECONDS = 3600

/**
 * The shared half of a rate limit (ephemeral table): one number per bucket, moved by conditional additions, so that
 * environments never wait for each other. @returns what was granted; after many lost races: come back in one interval
 */
export const takeSharedTokens = async (
  tables: Tables,
  scope: TenantScope,
  request: { readonly bucket: string; readonly size: BucketSize; readonly now: number; readonly wanted: number },
): Promise<Lease> => {
  const { bucket, size, now } = request
  const key = rateLimitKey(scope, bucket)
  const ttl = Math.ceil(now / 1000) + KEPT_SECONDS
  const span = size.burst * intervalMs(size)
  let wanted = request.wanted
  let standing: number | null = null
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const cost = wanted * intervalMs(size)
    const idle: boolean = attempt > 0 && (standing === null || standing < now)
    const result: WriteResult = idle
      ? await tables.ephemeral.update(
          key,
          { expression: 'SET #fullAt = :next, #ttl = :ttl', values: { ':next': now + cost, ':ttl': ttl } },
          { expression: 'attribute_not_exists(#fullAt) OR #fullAt < :now', values: { ':now': now } },
        )
      : await tables.ephemeral.update(
          key,
          { expression: 'SET #fullAt = #fullAt + :cost, #ttl = :ttl', values: { ':cost': cost, ':ttl': ttl } },
          {
            expression: '#fullAt >= :now AND #fullAt <= :latest',
            values: { ':now': now, ':latest': now + span - cost },
          },
        )
    const fullAt: number | null = typeof result.item?.fullAt === 'number' ? result.item.fullAt : null
    if (result.ok) return { granted: wanted, fullAt: fullAt ?? now, retryAfterMs: 0 }
    standing = fullAt
    const lease = takeTokens(size, standing, now, wanted)
    if (lease.granted === 0) return lease
    wanted = lease.granted
  }
  return { granted: 0, fullAt: standing ?? now, retryAfterMs: Math.ceil(intervalMs(size)) }
}
