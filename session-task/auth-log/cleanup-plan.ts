import type { SnapshotEntry } from './head.ts'

/** What may go: slots up to and including `segmentsUpTo`, snapshots of slots below it. */
export interface CleanupPlan {
  readonly segmentsUpTo: number
  readonly kept: readonly SnapshotEntry[]
}

/**
 * A slot or snapshot may go when two newer snapshots cover it and the newer of those is old enough: a worker that was
 * asleep must never find a slot free again that it lost (it would believe its put), and a bad snapshot must leave a way
 * back.
 * @param snapshots newest first
 */
export const planCleanup = (snapshots: readonly SnapshotEntry[], now: number, ageMs: number): CleanupPlan | null => {
  const newer = snapshots.findIndex(({ at }) => at <= now - ageMs)
  const base = newer === -1 ? undefined : snapshots[newer + 1]
  return base ? { segmentsUpTo: base.sequence, kept: snapshots.slice(0, newer + 2) } : null
}
