const RECEIVING_CHAINS_MAX = 5
const CLOSED_SESSIONS_MAX = 5
/** libsignal's chain_type.js */
const RECEIVING = 2

/**
 * libsignal never forgets a receiving chain: a record grows by 105 bytes per change of direction, for ever
 * (baileys-facts 0.7). Keeps in each sub-session the newest 5 receiving chains and every sending chain, and the newest
 * 5 closed sub-sessions beside the open ones. Messages of older chains can no longer be decrypted; WhatsApp's own clients
 * keep as many.
 * @param record libsignal's serialized SessionRecord `{_sessions, version}`; anything else is returned as it is
 */
export const pruneSessionRecord = (record: unknown): unknown => {
  if (!isRecord(record) || !isRecord(record._sessions)) return record
  const all = Object.entries(record._sessions)
  const kept = new Set(
    all
      .filter(([, session]) => closedAt(session) !== -1)
      .sort(([, one], [, other]) => closedAt(other) - closedAt(one))
      .slice(0, CLOSED_SESSIONS_MAX)
      .map(([key]) => key),
  )
  const sessions = all
    .filter(([key, session]) => closedAt(session) === -1 || kept.has(key))
    .map(([key, session]) => [key, pruneChains(session)] as const)
  return { ...record, _sessions: Object.fromEntries(sessions) }
}

const pruneChains = (session: unknown): unknown => {
  if (!isRecord(session) || !isRecord(session._chains)) return session
  // Chains are in the order they were added; base64 keys of 33 bytes are never taken for array indexes.
  const chains = Object.entries(session._chains)
  const receiving = chains.filter(([, chain]) => isRecord(chain) && chain.chainType === RECEIVING)
  if (receiving.length <= RECEIVING_CHAINS_MAX) return session
  const dropped = new Set(receiving.slice(0, -RECEIVING_CHAINS_MAX).map(([key]) => key))
  // The ratchet's own last remote key must stay whatever its place: the next step closes that chain.
  const current = session.currentRatchet
  if (isRecord(current)) dropped.delete(String(current.lastRemoteEphemeralKey))
  return { ...session, _chains: Object.fromEntries(chains.filter(([key]) => !dropped.has(key))) }
}

const closedAt = (session: unknown): number =>
  isRecord(session) && isRecord(session.indexInfo) ? Number(session.indexInfo.closed) : -1

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
