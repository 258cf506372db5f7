import { isSettled } from '../../../shared/core/message-status.ts'
import { isAlive } from '../../../shared/core/placement.ts'
import type { TenantKeys } from '../../../shared/crypto/tenant-keys.ts'
import { endedMessageEvent } from '../../../shared/events/ended-message-event.ts'
import type { Log } from '../../../shared/log/log.ts'
import { Endings, listExpiredOpen, type OpenRef } from '../../../shared/store/endings.ts'
import { Events } from '../../../shared/store/events.ts'
import { Leases } from '../../../shared/store/leases.ts'
import { Messages } from '../../../shared/store/messages.ts'
import type { EventRow, Failure } from '../../../shared/store/rows/message.ts'
import type { LeaseRow } from '../../../shared/store/rows/session.ts'
import type { Tables } from '../../../shared/store/tables.ts'
import { Tenants } from '../../../shared/store/tenants.ts'
import { Workers } from '../../../shared/store/workers.ts'

const LIMIT_PER_SHARD = 25
/** the owner ends its own messages; after this long it evidently does not */
const OWNER_GRACE_MS = 15 * 60_000

const EXPIRED: Failure = { code: 'expired', message: 'The message was not sent before it expired.', retryable: true }
const EXPIRED_IN_FLIGHT: Failure = {
  code: 'expired',
  message: 'It was handed to WhatsApp and expired without a confirmation.',
  retryable: false,
}

export interface Services {
  readonly tables: Tables
  readonly tenantKeys: TenantKeys
  readonly log: Log
}

/**
 * Ends messages past `expiresAt` whose session has nobody to do it (protocol §6): queued ones failed, one that a worker
 * had in its hands is unknown. The session's next open journals the event, a settle-only open is asked for; of a deleted
 * session, whose log is gone, it is a control-plane event; of a deleted tenant, whose data keys are gone, it is only counted.
 * @returns how many were ended, and the control-plane events to publish
 */
export const endOverdueMessages = async (
  services: Services,
  now: number,
): Promise<{ ended: number; events: EventRow[] }> => {
  const refs = await listExpiredOpen(services.tables, { before: now, limitPerShard: LIMIT_PER_SHARD })
  const results = await Promise.all(
    refs.map((ref) =>
      endOne(services, ref, now).catch((error: unknown) => {
        // One row that cannot be read must not keep the others waiting.
        services.log.error({ err: error, sessionId: ref.sessionId }, 'an overdue message cannot be ended')
        return NOTHING
      }),
    ),
  )
  const events = results.map(({ event }) => event).filter((event) => event !== null)
  return { ended: results.filter(({ isEnded }) => isEnded).length, events }
}

const NOTHING = { isEnded: false, event: null }

const endOne = async (
  services: Services,
  ref: OpenRef,
  now: number,
): Promise<{ isEnded: boolean; event: EventRow | null }> => {
  const { tables } = services
  const { scope, sessionId } = ref
  const messages = new Messages(tables, scope)
  const leases = new Leases(tables, scope)
  const [row, lease, tenant] = await Promise.all([
    messages.get(ref.messageId),
    leases.get(sessionId),
    new Tenants(tables).get(scope.tenantId),
  ])
  if (!row || isSettled(row.status)) {
    await messages.dropOpen(sessionId, ref.sk)
    return NOTHING
  }
  if (row.expiresAt === null || row.expiresAt > now) return NOTHING
  const worker = lease?.owner ? await new Workers(tables).get(lease.owner.workerId) : null
  const isOwned = lease !== null && isAlive(lease.owner, worker)
  if (isOwned && (row.status === 'sending' || now - row.expiresAt < OWNER_GRACE_MS)) return NOTHING
  const end =
    row.status === 'sending'
      ? { status: 'unknown' as const, failure: EXPIRED_IN_FLIGHT, at: now }
      : { status: 'failed' as const, failure: EXPIRED, at: now }
  if (tenant?.status === 'deleted')
    return { isEnded: await new Endings(tables, scope).end(row, end, 'untold'), event: null }
  const event = hasLog(lease) ? null : await endedMessageEvent(services.tenantKeys, row, end)
  const leg = event && new Events(tables, scope).controlLeg(event)
  if (!(await new Endings(tables, scope).end(row, end, leg))) return NOTHING
  if (!event && !isOwned) await leases.unsettle(sessionId)
  return { isEnded: true, event }
}

/** Will somebody open its log again? A deleted session that is settled has a tombstone. */
const hasLog = (lease: LeaseRow | null): boolean =>
  lease !== null && lease.epoch > 0 && !(lease.desired === 'DELETED' && lease.settled)
