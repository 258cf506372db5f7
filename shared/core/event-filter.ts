/** Shown and forgotten, without a sequence: only an exact name asks for them. */
const EPHEMERAL = /^(session\.qr|presence\.)/

/** Does an endpoint that asked for `patterns` want this type? `message.*` and `*` are the only wildcards. */
export const wantsEvent = (patterns: readonly string[], type: string): boolean =>
  patterns.some((pattern) => {
    if (pattern === type) return true
    if (EPHEMERAL.test(type)) return false
    return pattern === '*' || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)))
  })

/** The chat that an event is about, as it is presented; null: none. */
export interface EventChat {
  readonly contactId?: string | null
  readonly phone?: string | null
  readonly lid?: string | null
  readonly jid?: string | null
}

/** @param chats contact ids, phones, LIDs or jids; empty: all. An event without a chat passes. */
export const wantsChat = (chats: readonly string[], chat: EventChat | null): boolean =>
  chats.length === 0 ||
  chat === null ||
  [chat.contactId, chat.phone, chat.lid, chat.jid].some((name) => name != null && chats.includes(name))

/** @param data unsealed data of an event */
export const chatOf = (data: unknown): EventChat | null => {
  const message = (data as { message?: { chat?: unknown }; chat?: unknown } | null)?.message
  const chat = message?.chat ?? (data as { chat?: unknown } | null)?.chat
  return typeof chat === 'object' && chat !== null ? (chat as EventChat) : null
}
