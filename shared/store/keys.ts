import { shardOf } from '../core/ids.ts'
import type { Mode, TenantScope } from '../core/tenant-scope.ts'
import type { Key } from './table.ts'

/**
 * Every key of every table (protocol §1). Tenant partitions start with T#<tenant>#<L|T>#, system indexes with X#.
 * Indexes: `system` (xpk, xsk; KEYS_ONLY; system roles only), `list1` (l1pk, l1sk), `list2` (l2pk, l2sk) for tenant lists.
 */
export const SHARDS = {
  unfanned: 64,
  unowned: 8,
  due: 16,
  expires: 16,
  deleted: 8,
  untold: 4,
  wake: 8,
  operations: 8,
  retention: 8,
} as const
export type SystemIndex = keyof typeof SHARDS

/** Width of a sequence in a sort key: 12 digits order numerically as text. */
export const sequenceKey = (sequence: number): string => String(sequence).padStart(12, '0')

/** Width of a time in a sort key: 13 digits hold epoch milliseconds until the year 2286. */
export const timeKey = (timeMs: number): string => String(timeMs).padStart(13, '0')

const session = (scope: TenantScope, sessionId: string) => `${scope.prefix}S#${sessionId}`

export const sessionKey = (scope: TenantScope, sessionId: string): Key => ({
  pk: session(scope, sessionId),
  sk: 'META',
})
export const leaseKey = (scope: TenantScope, sessionId: string): Key => ({ pk: session(scope, sessionId), sk: 'LEASE' })
export const pacingKey = (scope: TenantScope, sessionId: string): Key => ({
  pk: session(scope, sessionId),
  sk: 'PACING',
})
/** ephemeral table: the QR or pairing code on show */
export const linkKey = (scope: TenantScope, sessionId: string): Key => ({ pk: session(scope, sessionId), sk: 'LINK' })
/** the last rollout of a mode */
export const rolloutKey = (mode: Mode): Key => ({ pk: `R#${mode}`, sk: 'META' })
/** what the capacity planner remembers of a mode */
export const plannerKey = (mode: Mode): Key => ({ pk: `P#${mode}`, sk: 'META' })
/** the WhatsApp Web version of a mode, and which versions are refused */
export const clientVersionKey = (mode: Mode): Key => ({ pk: `WA#${mode}`, sk: 'META' })
export const workerKey = (workerId: string): Key => ({ pk: `W#${workerId}`, sk: 'META' })
export const assignedPartition = (workerId: string, incarnation: number): string => `W#${workerId}#${incarnation}`
export const assignedKey = (workerId: string, incarnation: number, sessionId: string): Key => ({
  pk: assignedPartition(workerId, incarnation),
  sk: `S#${sessionId}`,
})
export const tenantDataKeyKey = (scope: TenantScope): Key => ({ pk: `${scope.prefix}DK`, sk: 'META' })
/** core table: files of a deleted tenant are still to be removed */
export const erasureKey = (tenantId: string): Key => ({ pk: `ERASE#${tenantId}`, sk: 'META' })
export const tenantKey = (tenantId: string): Key => ({ pk: `TENANT#${tenantId}`, sk: 'META' })
export const apiKeyKey = (hash: string): Key => ({ pk: `K#${hash}`, sk: 'META' })
export const apiKeyPartition = (scope: TenantScope): string => `${scope.prefix}KEYS`
/** The same key by its id: for lists, get and revoke. */
export const apiKeyListKey = (scope: TenantScope, keyId: string): Key => ({ pk: apiKeyPartition(scope), sk: keyId })
export const endpointPartition = (scope: TenantScope): string => `${scope.prefix}WH`
export const endpointKey = (scope: TenantScope, endpointId: string): Key => ({
  pk: endpointPartition(scope),
  sk: endpointId,
})

export const messageKey = (scope: TenantScope, messageId: string): Key => ({
  pk: `${scope.prefix}M#${messageId}`,
  sk: 'META',
})
export const openPartition = (scope: TenantScope, sessionId: string): string => `${session(scope, sessionId)}#OPEN`
/** messages that the sweeper ended, until the session's log has their events */
export const endedPartition = (scope: TenantScope, sessionId: string): string => `${session(scope, sessionId)}#ENDED`
export const operationKey = (scope: TenantScope, operationId: string): Key => ({
  pk: `${scope.prefix}OP#${operationId}`,
  sk: 'META',
})
/** operations of a session that are not settled; they never wait behind messages */
export const openOperationPartition = (scope: TenantScope, sessionId: string): string =>
  `${session(scope, sessionId)}#OPENOP`
/** contacts of a session: one row per contact, one per alias */
export const contactPartition = (scope: TenantScope, sessionId: string): string =>
  `${session(scope, sessionId)}#CONTACT`
/** reactions and votes of a session's messages */
export const answerPartition = (scope: TenantScope, sessionId: string): string => `${session(scope, sessionId)}#ANSWER`
/** which inbound message has which WhatsApp id */
export const whatsappIdPartition = (scope: TenantScope, sessionId: string): string => `${session(scope, sessionId)}#WA`
export const mediaKey = (scope: TenantScope, mediaId: string): Key => ({
  pk: `${scope.prefix}MED#${mediaId}`,
  sk: 'META',
})
/** files that were uploaded with a key of one session alone */
export const sessionFilePartition = (scope: TenantScope, sessionId: string): string =>
  `${session(scope, sessionId)}#FILE`
/** received files that the session has still to fetch */
export const pendingMediaPartition = (scope: TenantScope, sessionId: string): string =>
  `${session(scope, sessionId)}#MEDIA`
/** Fixed at accept (protocol §9): later delays are `delayedUntil` on the message, never a new key. */
export const openSortKey = (notBefore: number, acceptedAt: number, messageId: string): string =>
  `${timeKey(notBefore)}#${timeKey(acceptedAt)}#${messageId}`
/** The first part of an OPEN row's sort key. */
export const notBeforeOf = (openSortKey: string): number => Number(openSortKey.slice(0, openSortKey.indexOf('#')))
export const eventPartition = (scope: TenantScope, sessionId: string): string => `${session(scope, sessionId)}#EV`
export const eventKey = (scope: TenantScope, sessionId: string, sequence: number): Key => ({
  pk: eventPartition(scope, sessionId),
  sk: sequenceKey(sequence),
})
/** events up to it are older than the plan keeps them */
export const eventFloorPartition = (scope: TenantScope, sessionId: string): string => `${session(scope, sessionId)}#EVF`
export const eventFloorKey = (scope: TenantScope, sessionId: string): Key => ({
  pk: eventFloorPartition(scope, sessionId),
  sk: 'META',
})
/** Control-plane events of one UTC day (made by lambdas; no sequence). */
export const controlEventPartition = (scope: TenantScope, day: string): string => `${scope.prefix}CP#${day}`
export const controlEventKey = (scope: TenantScope, day: string, eventId: string): Key => ({
  pk: controlEventPartition(scope, day),
  sk: eventId,
})
export const endpointHealthKey = (scope: TenantScope, endpointId: string): Key => ({
  pk: `${scope.prefix}WHH#${endpointId}`,
  sk: 'META',
})
export const replayPartition = (scope: TenantScope, endpointId: string): string => `${scope.prefix}WHR#${endpointId}`
export const replayKey = (scope: TenantScope, endpointId: string, replayId: string): Key => ({
  pk: replayPartition(scope, endpointId),
  sk: replayId,
})
/** per endpoint and session: how far an ordered endpoint is */
export const lanePartition = (scope: TenantScope, endpointId: string): string => `${scope.prefix}WHL#${endpointId}`
/** held deliveries of one endpoint: in the system index, because only the pipeline lets them go */
export const heldIndex = (endpointId: string) => `X#held#${endpointId}`
export const deliveryPartition = (scope: TenantScope, endpointId: string, day: string): string =>
  `${scope.prefix}WH#${endpointId}#${day}`
/** `day` is the UTC day of the event, YYYY-MM-DD. */
export const deliveryKey = (
  scope: TenantScope,
  delivery: { endpointId: string; day: string; eventId: string; generation: number },
): Key => ({
  pk: deliveryPartition(scope, delivery.endpointId, delivery.day),
  sk: `${delivery.eventId}#${String(delivery.generation).padStart(3, '0')}`,
})
/** ephemeral table: idempotency of creating POSTs that are not messages */
export const idempotencyKey = (scopePrefix: string, hash: string): Key => ({
  pk: `${scopePrefix}I#${hash}`,
  sk: 'META',
})

/** ephemeral table: the shared half of a request-rate limit; `bucket` is `tenant` or a key id */
export const rateLimitKey = (scope: TenantScope, bucket: string): Key => ({
  pk: `${scope.prefix}RL#${bucket}`,
  sk: 'META',
})
/** ephemeral table: found by its hash alone, before any scope is known, as keys are */
export const streamTicketKey = (hash: string): Key => ({ pk: `TK#${hash}`, sk: 'META' })
/** ephemeral table: the streams that a tenant has open */
export const streamPartition = (scope: TenantScope): string => `${scope.prefix}ST`
/** core table: how many sessions exist, counted in the transactions that make and delete them */
export const quotaKey = (scope: TenantScope): Key => ({ pk: `${scope.prefix}QUOTA`, sk: 'META' })
/** core table: how many webhook endpoints exist, in a row of its own: sessions are made while endpoints are */
export const endpointQuotaKey = (scope: TenantScope): Key => ({ pk: `${scope.prefix}QUOTA`, sk: 'ENDPOINTS' })
/** core table: sessions that a suspension of the tenant stopped and that its end starts again */
export const suspendedSessionPartition = (scope: TenantScope): string => `${scope.prefix}SUSPENDED`
export const suspendedSessionKey = (scope: TenantScope, sessionId: string): Key => ({
  pk: suspendedSessionPartition(scope),
  sk: sessionId,
})
/** core table: one row per media object whose bytes count against the quota */
export const mediaReservationPartition = (scope: TenantScope): string => `${scope.prefix}QM`
export const mediaReservationKey = (scope: TenantScope, mediaId: string): Key => ({
  pk: mediaReservationPartition(scope),
  sk: mediaId,
})
/** ephemeral table: that limit.reached was told for this limit and window */
export const limitToldKey = (scope: TenantScope, limit: string, window: string): Key => ({
  pk: `${scope.prefix}LT#${limit}`,
  sk: window,
})
/** ephemeral table: messages of one UTC day that environments took from the daily quota */
export const dailyQuotaKey = (scope: TenantScope, day: string): Key => ({ pk: `${scope.prefix}QD#${day}`, sk: 'META' })

/** What environments count by the minute (usage table). */
export type MinuteCount = 'apiCalls' | 'webhookAttempts'
const MINUTE_COUNTS: Readonly<Record<MinuteCount, { rows: string; sum: string }>> = {
  apiCalls: { rows: 'UM', sum: 'UA' },
  webhookAttempts: { rows: 'UWM', sum: 'UWA' },
}
/** Rows by minute and environment of one UTC day, in several partitions: sort keys of now all meet at one end of one. */
export const minuteCountPartition = (what: MinuteCount, scope: TenantScope, day: string, shard: number): string =>
  `${scope.prefix}${MINUTE_COUNTS[what].rows}#${day}#${shard}`
/** API calls were in one partition per day once. */
export const oldCallsPartition = (scope: TenantScope, day: string): string => `${scope.prefix}UM#${day}`
/** what of a day is summed for good */
export const minuteCountSumKey = (what: MinuteCount, scope: TenantScope, day: string): Key => ({
  pk: `${scope.prefix}${MINUTE_COUNTS[what].sum}`,
  sk: day,
})

/** Attributes that put a row into a system index; remove both attributes to take it out. */
export const systemIndex = (index: SystemIndex, id: string, sort: string) => ({
  xpk: `X#${index}#${shardOf(id, SHARDS[index])}`,
  xsk: sort,
})
/** The session of a partition T#<tenant>#<L|T>#S#<session>…, as a system index names it. */
export const sessionRefOf = (pk: string): { tenantId: string; mode: Mode; sessionId: string } => {
  const [, tenantId, mode, , sessionId] = pk.split('#')
  if (!tenantId || !sessionId) throw new Error('not a session partition')
  return { tenantId, mode: mode === 'L' ? 'live' : 'test', sessionId }
}
/** Workers of one mode. */
export const fleetIndex = (mode: Mode, workerId: string) => ({ xpk: `X#fleet#${mode}`, xsk: workerId })
export const dayOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10)
