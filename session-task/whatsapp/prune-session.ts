const RECEIVING = 2
const KEPT_RECEIVING_CHAINS = 5
const KEPT_CLOSED_SESSIONS = 5

interface Chain {
  readonly chainType: number
}

interface SessionEntry {
  readonly indexInfo: { readonly closed: number; readonly used?: number }
  readonly currentRatchet: { readonly lastRemoteEphemeralKey: string }
  readonly _chains: Readonly<Record<string, Chain>>
}

interface SessionRecord {
  readonly _sessions: Readonly<Record<string, SessionEntry>>
  readonly version: string
}

const pruneChains = (entry: SessionEntry): SessionEntry => {
  const receiving = Object.keys(entry._chains).filter((id) => entry._chains[id]?.chainType === RECEIVING)
  if (receiving.length <= KEPT_RECEIVING_CHAINS) return entry
  // insertion order is age; the chain of the current remote key stays whatever its place
  const dropped = new Set(receiving.slice(0, -KEPT_RECEIVING_CHAINS))
  dropped.delete(entry.currentRatchet.lastRemoteEphemeralKey)
  return { ...entry, _chains: Object.fromEntries(Object.entries(entry._chains).filter(([id]) => !dropped.has(id))) }
}

/**
 * A serialized libsignal session record without old receiving chains and old closed sessions. libsignal never removes
 * receiving chains (105 bytes a round, for ever) and keeps 40 closed sessions (baileys-facts 0.7, simulator-facts §9).
 */
export const pruneSession = (record: unknown): unknown => {
  if (typeof record !== 'object' || record === null || !('_sessions' in record)) return record
  const { _sessions: sessions, ...rest } = record as SessionRecord
  const closed = Object.entries(sessions)
    .filter(([, entry]) => entry.indexInfo.closed !== -1)
    .sort(([, a], [, b]) => b.indexInfo.closed - a.indexInfo.closed)
  const dropped = new Set(closed.slice(KEPT_CLOSED_SESSIONS).map(([id]) => id))
  const kept = Object.entries(sessions).filter(([id]) => !dropped.has(id))
  return { ...rest, _sessions: Object.fromEntries(kept.map(([id, entry]) => [id, pruneChains(entry)])) }
}
