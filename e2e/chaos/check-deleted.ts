import { isTombstone, parseHead } from '../../session-task/auth-log/head.ts'
import { KEPT_FENCES } from '../../session-task/auth-log/tombstone.ts'
import { type JudgedLane, logOf } from './lane.ts'
import { toFrames } from './wire.ts'

/**
 * I10, the end of it: a session whose delete is complete has a tombstone, no keys, no log, no device at WhatsApp and no
 * message that waits, and nothing has left its devices since.
 * @param deletedAt when the delete was complete, epoch milliseconds
 * @param devices linked devices that WhatsApp still knows of
 */
export const checkDeleted = async (lane: JudgedLane, deletedAt: number, devices: number): Promise<string[]> => {
  const { sessionId, phone } = lane
  const found: string[] = []
  const { device } = logOf(lane)
  const stored = await device.getHead()
  if (!stored || !isTombstone(parseHead(stored.bytes))) found.push(`I10 ${sessionId} was deleted without a tombstone`)
  // The last owners' fences stay, so that no zombie finds its slot free.
  const slots = (await device.listSegments({ after: 0 })).length - KEPT_FENCES
  const snapshots = (await device.listSnapshots()).length
  if (slots > 0 || snapshots > 0)
    found.push(`I10 ${sessionId} was deleted and has ${slots} slots too many, ${snapshots} snapshots`)
  if (devices > 0) found.push(`I10 ${sessionId} was deleted, ${phone} has ${devices} linked devices`)
  const { rows: open } = await lane.run.fleet.messages.listOpen(sessionId, { limit: 10 })
  if (open.length > 0) found.push(`I10 ${sessionId} was deleted, ${open.length} messages wait`)
  const late = toFrames(await lane.run.fleet.simulator.wire(phone)).filter(
    ({ at, isFromClient }) => isFromClient && at > deletedAt,
  )
  if (late.length > 0) found.push(`I10 ${late.length} frames left ${phone} after ${sessionId} was deleted`)
  return found
}
