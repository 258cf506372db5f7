import { Fault } from '../../shared/core/fault.ts'
import type { TenantContext } from '../../shared/http/handler.ts'
import { findApiKey } from '../../shared/store/api-keys.ts'
import { OpenStreams } from '../../shared/store/open-streams.ts'
import type { Tables } from '../../shared/store/tables.ts'
import { Tenants } from '../../shared/store/tenants.ts'
import type { StreamSource } from './follow.ts'

/** A stream that was granted: it holds one of the tenant's places until it ends. */
export interface OpenStream {
  readonly source: StreamSource
  /** Every half minute. False: the key was revoked, the tenant suspended, or the place is lost: end the stream. */
  renew(now: number): Promise<boolean>
  end(): Promise<void>
}

const RETRY_AFTER_SECONDS = 30

/** @throws Fault quota_exceeded */
export const openStream = async (tables: Tables, context: TenantContext, source: StreamSource): Promise<OpenStream> => {
  const { scope, principal, requestId, now } = context
  const streams = new OpenStreams(tables, scope)
  const limit = principal.limits.streams
  const slot = await streams.take(limit, requestId, now)
  if (!slot)
    throw new Fault('quota_exceeded', {
      detail: `This tenant has ${limit} streams open in this mode: close one, or read GET /v1/events.`,
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    })
  return {
    source,
    renew: async (at) => {
      const key = await findApiKey(tables, principal.key.hash)
      const mayGoOn = key !== null && key.revokedAt === null && (key.expiresAt === null || key.expiresAt > at)
      if (!mayGoOn || (await new Tenants(tables).get(scope.tenantId))?.status !== 'active') return false
      return streams.renew(slot, at)
    },
    end: () => streams.release(slot),
  }
}
