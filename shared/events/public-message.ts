import type { MessageRow } from '../store/rows.ts'

const isoTime = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString())

/**
 * The message as tenants see it, in GET /v1/messages and in the data of message events: the same object.
 * @param content the unsealed type part, e.g. {text: {body}}
 */
export const toPublicMessage = (row: MessageRow, content: unknown) => ({
  id: row.id,
  sessionId: row.sessionId,
  mode: row.mode,
  direction: row.direction,
  status: row.status,
  type: row.type,
  ...(content as Readonly<Record<string, unknown>>),
  chat: row.chat,
  from: row.from,
  to: row.to,
  whatsappId: row.whatsappId,
  failure: row.failure,
  createdAt: isoTime(row.createdAt),
  sentAt: isoTime(row.sentAt),
  deliveredAt: isoTime(row.deliveredAt),
  readAt: isoTime(row.readAt),
  receivedAt: isoTime(row.receivedAt),
  metadata: row.metadata,
})

export type PublicMessage = ReturnType<typeof toPublicMessage>
