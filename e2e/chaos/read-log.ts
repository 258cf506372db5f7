import * as zlib from 'node:zlib'
import { decodeBody } from '../../session-task/auth-log/append-text.ts'
import { openEnvelope, readHeader } from '../../session-task/auth-log/envelope.ts'
import type { FoldedLog } from '../../session-task/auth-log/folded-log.ts'
import type { Head } from '../../session-task/auth-log/head.ts'
import type { LogDevice } from '../../session-task/auth-log/log-device.ts'
import type { LogRecord } from '../../session-task/auth-log/records.ts'
import type { SessionKeyRing } from '../../session-task/auth-log/session-keys.ts'
import { decodeSnapshot } from '../../session-task/auth-log/snapshot-text.ts'

const AT_ONCE = 16

/** What one slot of a log says. */
export interface LogSlot {
  readonly slot: number
  readonly epoch: number
  readonly appends: readonly { readonly at: number; readonly records: readonly LogRecord[] }[]
}

/** Every slot that is there, in order. */
export const readSlots = async (device: LogDevice, keys: SessionKeyRing, sessionId: string): Promise<LogSlot[]> => {
  const slots = await device.listSegments({ after: 0 })
  const read = async (slot: number): Promise<LogSlot> => {
    const bytes = await device.getSegment(slot)
    if (!bytes) throw new Error(`slot ${slot} is listed but gone`)
    const { epoch } = readHeader(bytes)
    const body = openEnvelope(await keys.keyOf(epoch), bytes, { sessionId, kind: 'segment', seq: slot })
    return { slot, epoch, appends: decodeBody(body) }
  }
  // Few at a time: a call that waits for a free socket counts as one that cannot connect.
  const found: LogSlot[] = []
  for (let from = 0; from < slots.length; from += AT_ONCE)
    found.push(...(await Promise.all(slots.slice(from, from + AT_ONCE).map(read))))
  return found
}

/** The state in the snapshot that HEAD names. @throws when there is none */
export const readSnapshotState = async (
  device: LogDevice,
  keys: SessionKeyRing,
  sessionId: string,
  head: Head,
): Promise<FoldedLog> => {
  const bytes = head.snapshotKey === null ? null : await device.getSnapshot(head.snapshotKey)
  if (!bytes) throw new Error('HEAD names no snapshot that exists')
  const key = await keys.keyOf(readHeader(bytes).epoch)
  const body = openEnvelope(key, bytes, { sessionId, kind: 'snapshot', seq: head.snapSeq })
  return decodeSnapshot(zlib.zstdDecompressSync(body).toString())
}
