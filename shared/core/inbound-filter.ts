/** Messages that a session may leave alone: what comes in groups, and what contacts post as their status. */
export const INBOUND_KINDS = ['groups', 'statuses'] as const
export type InboundKind = (typeof INBOUND_KINDS)[number]

/** @param chatJid where the message lies: a group, `status@broadcast`, or a person */
export const isIgnoredChat = (chatJid: string, ignore: readonly InboundKind[]): boolean => {
  if (chatJid.endsWith('@g.us')) return ignore.includes('groups')
  return chatJid === 'status@broadcast' && ignore.includes('statuses')
}

/** Each once, in the order of the list. A kind of a newer version is passed over. */
export const knownKinds = (kinds: readonly string[]): InboundKind[] =>
  INBOUND_KINDS.filter((kind) => kinds.includes(kind))
