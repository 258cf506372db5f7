/** One person as a session knows them. Phone is E.164, lid ends in @lid; at least one of them is known. */
export interface KnownContact {
  readonly contactId: string
  readonly phone: string | null
  readonly lid: string | null
  /** epoch milliseconds */
  readonly firstSeenAt: number
  /** since when there is a chat: they wrote, or WhatsApp took a message for them; null: not yet */
  readonly chattedAt: number | null
  /** the timer of the chat with them; absent: nobody ever spoke of one */
  readonly disappearing?: ChatTimer | undefined
}

/** After how long messages of a chat disappear. */
export interface ChatTimer {
  /** 0: they stay */
  readonly seconds: number
  /** when a person set it, epoch milliseconds; of two the later one holds */
  readonly setAt: number
}

/** The timer that holds of two that were heard of; of the same second the one that was heard of later. */
export const laterTimer = (one: ChatTimer | undefined, other: ChatTimer | undefined): ChatTimer | undefined =>
  one && other ? (other.setAt >= one.setAt ? other : one) : (one ?? other)

export interface Sighting {
  readonly phone: string | null
  readonly lid: string | null
}

export type ContactDecision =
  | { readonly kind: 'known'; readonly contactId: string }
  /** never seen; `isRecycled`: the number's earlier owner keeps the id that follows from the number */
  | { readonly kind: 'create'; readonly isRecycled: boolean; readonly loser: KnownContact | null }
  /** the other address of a known contact; `loser` held that phone before and loses it (its number was recycled) */
  | { readonly kind: 'extend'; readonly contact: KnownContact; readonly loser: KnownContact | null }
  /** two contacts are one person: the older id wins, the other becomes its alias */
  | { readonly kind: 'merge'; readonly into: KnownContact; readonly from: KnownContact }

/**
 * Whose addresses are these? WhatsApp calls a person by phone number or by LID, and tells later which belong together.
 * The LID is the person; a phone number may move to another one (baileys-facts §4).
 * @param byPhone the contact that has this phone now
 * @param byLid the contact that has this LID
 */
export const decideContact = (
  seen: Sighting,
  byPhone: KnownContact | null,
  byLid: KnownContact | null,
): ContactDecision => {
  if (seen.phone === null && seen.lid === null) throw new Error('a sighting has a phone or a LID')
  if (byPhone && byLid) {
    if (byPhone.contactId === byLid.contactId) return { kind: 'known', contactId: byLid.contactId }
    // The number's earlier owner has a LID of its own: the number has moved.
    if (byPhone.lid !== null) return { kind: 'extend', contact: { ...byLid, phone: seen.phone }, loser: byPhone }
    const [into, from] = isOlder(byPhone, byLid) ? [byPhone, byLid] : [byLid, byPhone]
    const disappearing = laterTimer(into.disappearing, from.disappearing)
    return {
      kind: 'merge',
      into: {
        ...into,
        phone: seen.phone,
        lid: seen.lid,
        chattedAt: into.chattedAt ?? from.chattedAt,
        ...(disappearing ? { disappearing } : {}),
      },
      from,
    }
  }
  if (byLid)
    return seen.phone === null || byLid.phone === seen.phone
      ? { kind: 'known', contactId: byLid.contactId }
      : { kind: 'extend', contact: { ...byLid, phone: seen.phone }, loser: null }
  if (byPhone) {
    if (seen.lid === null || byPhone.lid === seen.lid) return { kind: 'known', contactId: byPhone.contactId }
    return byPhone.lid === null
      ? { kind: 'extend', contact: { ...byPhone, lid: seen.lid }, loser: null }
      : { kind: 'create', isRecycled: true, loser: byPhone }
  }
  return { kind: 'create', isRecycled: false, loser: null }
}

const isOlder = (one: KnownContact, other: KnownContact): boolean =>
  one.firstSeenAt < other.firstSeenAt || (one.firstSeenAt === other.firstSeenAt && one.contactId < other.contactId)
