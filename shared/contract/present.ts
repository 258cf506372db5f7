import type * as z from 'zod'
import { defaultPacing } from '../core/pacing-setting.ts'
import { limitsOf } from '../core/plans.ts'
import type { ApiKeyRow } from '../store/api-keys.ts'
import type { MessageRow } from '../store/rows/message.ts'
import type { LeaseRow, SessionRow } from '../store/rows/session.ts'
import type { AttemptRow, DeliveryRow, EndpointRow, ReplayRow } from '../store/rows/webhook.ts'
import type { TenantRow } from '../store/tenants.ts'
import type { keySchema } from './keys.ts'
import type { messageSchema } from './messages.ts'
import type { sessionSchema } from './sessions.ts'
import type { tenantSchema } from './tenants.ts'
import type { attemptSchema, deliverySchema } from './webhook-deliveries.ts'
import type { endpointSchema } from './webhook-endpoints.ts'
import type { replaySchema } from './webhook-replays.ts'

/** Rows as tenants see them, in answers and in events: the same shapes everywhere. */
const iso = (timeMs: number): string => new Date(timeMs).toISOString()
const isoOrNull = (timeMs: number | null | undefined): string | null => (timeMs == null ? null : iso(timeMs))

export const presentSession = (
  row: SessionRow,
  lease: Pick<LeaseRow, 'owner'> | null,
): z.input<typeof sessionSchema> => ({
  id: row.id,
  tenantId: row.tenantId,
  name: row.name,
  mode: row.mode,
  status: row.status,
  reason: row.reason && { ...row.reason, since: iso(row.reason.since) },
  phone: row.phone,
  lid: row.lid,
  pushName: row.pushName,
  workerId: lease?.owner?.workerId ?? null,
  connectedAt: isoOrNull(row.connectedAt),
  restriction: row.restriction
    ? { code: row.restriction.code, until: iso(row.restriction.until), since: iso(row.restriction.since) }
    : null,
  pacing: { ...(row.pacing ?? defaultPacing(row.mode)), typing: row.pacing?.typing ?? false },
  calls: row.calls ?? { autoReject: false },
  inbound: { ignore: [...(row.inbound?.ignore ?? [])] },
  proxy: row.proxy ? { url: row.proxy.shown } : null,
  readReceipts: row.readReceipts ?? 'manual',
  createdAt: iso(row.createdAt),
  metadata: row.metadata,
})

/** @param content the unsealed part of the type, e.g. {text: {body}} */
export const presentMessage = (row: MessageRow, content: Record<string, unknown>): z.input<typeof messageSchema> => ({
  id: row.id,
  sessionId: row.sessionId,
  mode: row.mode,
  direction: row.direction,
  status: row.status,
  type: row.type,
  ...content,
  chat: row.chat,
  from: row.from,
  to: row.to,
  whatsappId: row.whatsappId,
  failure: row.failure,
  createdAt: iso(row.createdAt),
  sendAt: isoOrNull(row.sendAt),
  expiresAt: isoOrNull(row.expiresAt),
  notBefore: row.status === 'queued' || row.status === 'scheduled' ? isoOrNull(row.delayedUntil) : null,
  sentAt: isoOrNull(row.sentAt),
  deliveredAt: isoOrNull(row.deliveredAt),
  readAt: isoOrNull(row.readAt),
  receivedAt: isoOrNull(row.receivedAt),
  editedAt: isoOrNull(row.editedAt),
  deletedAt: isoOrNull(row.deletedAt),
  metadata: row.metadata,
})

export const presentTenant = (row: TenantRow): z.input<typeof tenantSchema> => ({
  id: row.id,
  name: row.name,
  plan: row.plan,
  status: row.status,
  limits: { ...limitsOf(row) },
  suspendedReason: row.suspendedReason ?? null,
  deletion: row.deletion
    ? {
        requestedAt: iso(row.deletion.requestedAt),
        logout: row.deletion.logout,
        shreddedAt: isoOrNull(row.deletion.shreddedAt),
      }
    : null,
  metadata: row.metadata,
  createdAt: iso(row.createdAt),
})

/** @param lastUsedAt epoch milliseconds */
export const presentKey = (row: ApiKeyRow, lastUsedAt: number | null): z.input<typeof keySchema> => ({
  id: row.id,
  name: row.name,
  start: row.start,
  mode: row.mode,
  scopes: row.scopes,
  sessionId: row.sessionId,
  ipAllow: row.ipAllow,
  expiresAt: isoOrNull(row.expiresAt),
  revokedAt: isoOrNull(row.revokedAt),
  lastUsedAt: isoOrNull(lastUsedAt),
  createdAt: iso(row.createdAt),
})

export const presentEndpoint = (row: EndpointRow): z.input<typeof endpointSchema> => ({
  id: row.id,
  mode: row.mode,
  url: row.url,
  events: row.events,
  sessions: row.sessions,
  chats: row.chats,
  payload: row.payload,
  retry: row.retry,
  maxAgeSeconds: row.maxAgeSeconds,
  signing: row.signing,
  ordering: row.ordering,
  publicKeys:
    row.signing === 'hmac' ? [] : row.secrets.flatMap(({ publicKey }) => (publicKey === null ? [] : [publicKey])),
  ratePerSecond: row.ratePerSecond,
  description: row.description,
  status: row.status,
  statusReason: row.statusReason,
  createdAt: iso(row.createdAt),
})

export const presentDelivery = (row: DeliveryRow): z.input<typeof deliverySchema> => ({
  id: row.id,
  endpointId: row.endpointId,
  eventId: row.eventId,
  eventType: row.eventType,
  sessionId: row.sessionId,
  sequence: row.sequence,
  generation: row.generation,
  status: row.status,
  heldReason: row.status === 'held' ? row.heldReason : null,
  attempts: row.attempts,
  nextAttemptAt: isoOrNull(row.nextAttemptAt),
  lastError: row.lastError,
  lastStatus: row.lastStatus,
  createdAt: iso(row.createdAt),
  completedAt: isoOrNull(row.completedAt),
})

export const presentAttempt = (row: AttemptRow): z.input<typeof attemptSchema> => ({
  id: row.id,
  number: row.number,
  at: iso(row.at),
  error: row.error,
  request: { url: row.url, headers: row.requestHeaders },
  response:
    row.httpStatus === null ? null : { status: row.httpStatus, headers: row.responseHeaders, body: row.responseBody },
  expungedAt: isoOrNull(row.expungedAt),
  connection: row.connection,
  timing: { firstByteMs: row.firstByteMs, totalMs: row.durationMs },
})

export const presentReplay = (row: ReplayRow): z.input<typeof replaySchema> => ({
  id: row.id,
  endpointId: row.endpointId,
  select: row.select,
  since: iso(row.since),
  until: iso(row.until),
  types: row.types,
  status: row.status,
  examined: row.examined,
  enqueued: row.enqueued,
  createdAt: iso(row.createdAt),
  completedAt: isoOrNull(row.completedAt),
})
