/** What a session may hold in memory; a big account of years has about 9 MB of keys (baileys-facts §2.1). */
export const SESSION_BUDGET_BYTES = 48 * 1024 * 1024
/** a session that is too big again so soon would be so after every reopen */
const RECYCLE_PAUSE_MS = 6 * 3_600_000

export type MemoryDecision =
  | 'fits'
  /** close it, and open it again from its log: what grew beside the log is gone */
  | 'recycle'
  /** what is too big is in the log itself: only a person can tell why */
  | 'tooBig'

/** @param recycledAt when this process recycled it last, on any clock that `now` is on; null: never */
export const decideMemory = (
  { bytes, budgetBytes, recycledAt }: { bytes: number; budgetBytes: number; recycledAt: number | null },
  now: number,
): MemoryDecision => {
  if (bytes <= budgetBytes) return 'fits'
  return recycledAt !== null && now - recycledAt < RECYCLE_PAUSE_MS ? 'tooBig' : 'recycle'
}
