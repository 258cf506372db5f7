export const OUTBOUND_STATUSES = [
  'scheduled',
  'queued',
  'sending',
  'unknown',
  'failed',
  'sent',
  'delivered',
  'read',
  'played',
  'canceled',
] as const
export type OutboundStatus = (typeof OUTBOUND_STATUSES)[number]
export type MessageStatus = OutboundStatus | 'received'

/**
 * Rank of protocol §9 (§6): a write never lowers it, so evidence (ack, receipt) beats `unknown` and `failed`.
 * `canceled` is final and reached only from scheduled or queued.
 */
const RANK: Record<OutboundStatus, number> = {
  scheduled: 0,
  queued: 1,
  sending: 2,
  unknown: 3,
  failed: 4,
  sent: 5,
  delivered: 6,
  read: 7,
  played: 8,
  canceled: 99,
}

export const rankOf = (status: OutboundStatus): number => RANK[status]

/** A settled message has no OPEN row. */
export const isSettled = (status: MessageStatus): boolean =>
  status === 'received' || !['scheduled', 'queued', 'sending'].includes(status)

/** May `to` overwrite `from`? */
export const canAdvance = (from: OutboundStatus, to: OutboundStatus): boolean =>
  to === 'canceled' ? from === 'scheduled' || from === 'queued' : RANK[to] > RANK[from] && from !== 'canceled'
