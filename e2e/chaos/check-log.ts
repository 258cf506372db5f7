import { emptyFold, fold } from '../../session-task/auth-log/fold.ts'
import { type Head, isTombstone, parseHead } from '../../session-task/auth-log/head.ts'
import { encodeSnapshot } from '../../session-task/auth-log/snapshot-text.ts'
import type { History } from './history.ts'
import { type JudgedLane, logOf } from './lane.ts'
import { type LogSlot, readSnapshotState } from './read-log.ts'

/** I4. */
export const checkLog = async (lane: JudgedLane, { slots }: History): Promise<string[]> => {
  const found: string[] = []
  slots.forEach(({ slot }, index) => {
    if (slot !== index + 1) found.push(`I4 slot ${index + 1} is missing`)
  })
  slots.forEach(({ epoch, slot }, index) => {
    if (epoch < (slots[index - 1]?.epoch ?? 0)) found.push(`I4 the epoch falls to ${epoch} in slot ${slot}`)
  })
  const { device } = logOf(lane)
  const stored = await device.getHead()
  const head = stored && parseHead(stored.bytes)
  if (!head || isTombstone(head) || !head.snapshotKey) return [...found, 'I4 no snapshot after a drain']
  const genesis = emptyFold()
  for (const { appends } of slots)
    for (const { at, records } of appends) for (const record of records) fold(genesis, record, at)
  const restored = await restoreFromSnapshot(lane, head, slots)
  if (encodeSnapshot(restored) !== encodeSnapshot(genesis)) found.push('I4 fold(snapshot, tail) ≠ fold(genesis, all)')
  return found
}

const restoreFromSnapshot = async (lane: JudgedLane, head: Head, slots: readonly LogSlot[]) => {
  const { device, keys } = logOf(lane)
  const state = await readSnapshotState(device, keys, lane.sessionId, head)
  for (const { slot, appends } of slots)
    if (slot > head.snapSeq)
      for (const { at, records } of appends) for (const record of records) fold(state, record, at)
  return state
}
