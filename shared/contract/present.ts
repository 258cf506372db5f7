import type * as z from 'zod'
import { defaultPacing } from '../core/pacing-setting.ts'
import { limitsOf } from '../core/plans.ts'
import type { ApiKeyRow } from '../store/api-keys.ts'
import type { EndpointRow, LeaseRow, MessageRow, SessionRow } from '../store/rows.ts'
import type { TenantRow } from '../store/tenants.ts'
import type { keySchema } from './keys.ts'
import type { messageSchema } from './messages.ts'
import type { sessionSchema } from './sessions.ts'
import type { tenantSchema } from './tenants.ts'
import type { endpointSchema } from './webhooks.ts'

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
  pacing: row.pacing ?? defaultPacing(row.mode),
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
  expiresAt: isoOrNull(row.expiresAt),
  notBefore: row.status === 'queued' || row.status === 'scheduled' ? isoOrNull(row.delayedUntil) : null,
  sentAt: isoOrNull(row.sentAt),
  deliveredAt: isoOrNull(row.deliveredAt),
  readAt: isoOrNull(row.readAt),
  receivedAt: isoOrNull(row.receivedAt),
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
  description: row.description,
  status: row.status,
  statusReason: row.statusReason,
  createdAt: iso(row.createdAt),
})
