import type { EventRow } from '../store/rows/message.ts'

/** Version of the event envelope and of every `data` shape in it. */
export const API_VERSION = '2026-11-21'

/** An event as tenants see it: in GET /v1/events and as the body of a webhook, the same object. */
export interface EventEnvelope {
  readonly id: string
  readonly type: string
  readonly apiVersion: string
  readonly tenantId: string
  readonly mode: 'live' | 'test'
  readonly sessionId: string | null
  readonly sequence: number | null
  readonly timestamp: string
  readonly data: unknown
  /** only when the data was removed on request */
  readonly expungedAt?: string
}

/** @param data the unsealed data of the row */
export const toEnvelope = (row: EventRow, data: unknown): EventEnvelope => ({
  id: row.id,
  type: row.type,
  apiVersion: API_VERSION,
  tenantId: row.tenantId,
  mode: row.mode,
  sessionId: row.sessionId,
  sequence: row.sequence,
  timestamp: new Date(row.timestamp).toISOString(),
  data,
  ...(row.expungedAt === undefined ? {} : { expungedAt: new Date(row.expungedAt).toISOString() }),
})
