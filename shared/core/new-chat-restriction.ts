/** New chats are not allowed before `until` (epoch milliseconds); chats that exist go on. */
export interface Restriction {
  readonly code: string
  readonly until: number
  readonly since: number
}

/** A refusal without a word about its end: nobody may try again for a day, each try makes it worse (baileys-facts §3). */
const REFUSED_MS = 24 * 3_600_000
/** WhatsApp says that the account is free, and refused this chat all the same */
const DOUBTED_MS = 3_600_000

/** WhatsApp refused (463) a message to somebody whom this session never chatted with. */
export const afterRefusal = (standing: Restriction | null, now: number): Restriction =>
  standing && standing.until > now ? standing : { code: 'new_chats_refused', until: now + REFUSED_MS, since: now }

/**
 * WhatsApp said whether the account may open chats.
 * @returns the restriction that stands now; null: none
 */
export const afterLimit = (
  standing: Restriction | null,
  limit: { readonly code: string; readonly isActive: boolean; readonly until: number | null },
  now: number,
): Restriction | null => {
  const current = standing && standing.until > now ? standing : null
  if (limit.isActive) {
    const until = limit.until !== null && limit.until > now ? limit.until : now + REFUSED_MS
    return current?.code === limit.code && current.until === until
      ? current
      : { code: limit.code, until, since: current?.since ?? now }
  }
  if (!current) return null
  // "Free" ends what the same source had imposed. It does not explain a refusal, which keeps a shorter hold.
  if (current.code === limit.code) return null
  if (current.code !== 'new_chats_refused') return current
  return { ...current, until: Math.min(current.until, current.since + DOUBTED_MS) }
}
