import type { MessageStatus } from './message-status.ts'

/**
 * Statuses with an index of their own: seldom, and looked for. The others are most messages (found by time) or what waits
 * (the OPEN rows).
 */
const INDEXED: ReadonlySet<MessageStatus> = new Set(['scheduled', 'failed', 'unknown', 'canceled'])
const WAITING: ReadonlySet<MessageStatus> = new Set(['queued', 'sending'])

export interface MessageSearch {
  readonly sessionId?: string | undefined
  /** keys of the chat (one person may have several contact ids); only with a session */
  readonly chats?: readonly string[] | undefined
  readonly status?: MessageStatus | undefined
  readonly direction?: 'outbound' | 'inbound' | undefined
  /** created at or after, epoch milliseconds */
  readonly since: number
  /** created before */
  readonly until: number
}

/** Which rows are read for a search; whatever the path leaves open is filtered row by row. */
export type SearchPath = 'chat' | 'sessionStatus' | 'tenantStatus' | 'open' | 'session' | 'tenant'

export const hasStatusIndex = (status: MessageStatus): boolean => INDEXED.has(status)

/** The narrowest rows that hold every match. */
export const pathOf = ({ sessionId, chats, status }: MessageSearch): SearchPath => {
  if (sessionId === undefined) return status !== undefined && hasStatusIndex(status) ? 'tenantStatus' : 'tenant'
  if (status !== undefined && WAITING.has(status)) return 'open'
  if (chats !== undefined) return 'chat'
  return status !== undefined && hasStatusIndex(status) ? 'sessionStatus' : 'session'
}

/** What a chat is filed under: the contact, or the address of a group. */
export const chatKeyOf = (chat: { readonly contactId: string | null; readonly jid: string | null }): string | null =>
  chat.contactId ?? chat.jid

export const matches = (
  search: MessageSearch,
  row: {
    readonly sessionId: string
    readonly status: MessageStatus
    readonly direction: 'outbound' | 'inbound'
    readonly chat: { readonly contactId: string | null; readonly jid: string | null }
    readonly createdAt: number
  },
): boolean =>
  (search.sessionId === undefined || row.sessionId === search.sessionId) &&
  (search.chats === undefined || search.chats.includes(chatKeyOf(row.chat) ?? '')) &&
  (search.status === undefined || row.status === search.status) &&
  (search.direction === undefined || row.direction === search.direction) &&
  row.createdAt >= search.since &&
  row.createdAt < search.until
