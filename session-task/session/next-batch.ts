import type { MarkRecord, SequencedRecord } from '../auth-log/records.ts'
import type { LogState } from '../auth-log/session-log.ts'

const BATCH_RECORDS = 50

export interface NextBatch {
  readonly records: readonly SequencedRecord[]
  /** to be durable before the rows are written; null: live rows are not marked */
  readonly mark: MarkRecord | null
}

/**
 * Which rows to write next (protocol §5). A replay marks its batch first. Rows that a mark of an earlier replay names, or
 * that failed for good just now, are written one by one with a mark each: only so is the guilty one known.
 * @param suspectUpTo the last sequence under suspicion, 0: none
 */
export const nextBatch = (
  state: Pick<LogState, 'undone'>,
  input: { isReplay: boolean; suspectUpTo: number },
): NextBatch | null => {
  const undone = state.undone()
  const first = undone[0]
  if (!first) return null
  const alone = first.sequence <= input.suspectUpTo
  const records = alone ? [first] : undone.slice(0, BATCH_RECORDS)
  const upTo = records.at(-1)?.sequence ?? first.sequence
  return { records, mark: alone || input.isReplay ? { t: 'mark', from: first.sequence, upTo, alone } : null }
}
