import { Fault, type FaultDetails } from '../core/fault.ts'
import { LeasedLimiter, type Verdict } from '../core/leased-limiter.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import type { BucketSize } from '../core/token-bucket.ts'
import type { Log } from '../log/log.ts'
import { emitMetrics } from '../log/metrics.ts'
import { takeSharedTokens } from '../store/rate-limits.ts'
import type { Tables } from '../store/tables.ts'
import type { TenantPrincipal } from './principal.ts'

export type Headers = Readonly<Record<string, string>>

/** Request rates of keys and tenants. Two buckets per request: the key's first, then the tenant's. */
export class RequestLimiter {
  readonly #limiter = new LeasedLimiter()
  readonly #tables: Tables
  readonly #log: Log

  constructor(input: { tables: Tables; log: Log }) {
    this.#log = input.log
    this.#tables = input.tables
  }

  /**
   * @returns the RateLimit headers of the answer
   * @throws Fault rate_limited, with those headers in it
   */
  async admit({ scope, key, limits }: TenantPrincipal, now: number): Promise<Headers> {
    const ofKey = { perSecond: limits.keyRequestsPerSecond, burst: limits.keyRequestBurst }
    const ofTenant = { perSecond: limits.requestsPerSecond, burst: limits.requestBurst }
    const first = await this.#take(scope, key.id, ofKey, now)
    if (!first) return {}
    if (!first.allowed)
      throw refusal('This API key', ofKey, first, {
        name: 'keyRequestsPerSecond',
        maximum: ofKey.perSecond,
        keyId: key.id,
      })
    const second = await this.#take(scope, 'tenant', ofTenant, now)
    if (!second) return {}
    if (!second.allowed) {
      this.#limiter.giveBack(nameOf(scope, key.id))
      throw refusal('This tenant', ofTenant, second, { name: 'requestsPerSecond', maximum: ofTenant.perSecond })
    }
    return first.remaining < second.remaining ? headersOf(ofKey, first) : headersOf(ofTenant, second)
  }

  /** Null when the table does not answer: a limit that cannot be checked must not stop the traffic. It is counted. */
  async #take(scope: TenantScope, bucket: string, size: BucketSize, now: number): Promise<Verdict | null> {
    try {
      return await this.#limiter.take(nameOf(scope, bucket), size, now, (_size, at, wanted) =>
        takeSharedTokens(this.#tables, scope, { bucket, size, now: at, wanted }),
      )
    } catch (error) {
      this.#log.warn({ err: error, tenantId: scope.tenantId }, 'rate limit not checked')
      emitMetrics({ rate_limit_unchecked_count: [1, 'Count'] })
      return null
    }
  }
}

const nameOf = (scope: TenantScope, bucket: string): string => `${scope.prefix}|${bucket}`

/** Carries the headers of a refused request to the answer. */
export class RateLimited extends Fault {
  readonly headers: Headers
  constructor(detail: string, retryAfterSeconds: number, headers: Headers, limit: FaultDetails['limit']) {
    super('rate_limited', { detail, retryAfterSeconds, limit })
    this.headers = headers
  }
}

const refusal = (who: string, size: BucketSize, verdict: Verdict, limit: FaultDetails['limit']): RateLimited => {
  const seconds = Math.max(1, Math.ceil(verdict.retryAfterMs / 1000))
  return new RateLimited(
    `${who} may make ${size.perSecond} requests per second (bursts of ${size.burst}): wait ${seconds} s and try again.`,
    seconds,
    headersOf(size, verdict),
    limit,
  )
}

/** Limit and remaining are of the tighter bucket; reset is in seconds. */
const headersOf = (size: BucketSize, verdict: Verdict): Headers => ({
  'RateLimit-Limit': String(verdict.limit),
  'RateLimit-Remaining': String(verdict.remaining),
  'RateLimit-Reset': String(Math.ceil(verdict.resetMs / 1000)),
  'RateLimit-Policy': `${size.perSecond};w=1;burst=${size.burst}`,
})
