import * as zlib from 'node:zlib'
import { decodeBody } from './append-text.ts'
import { CorruptLogError, openEnvelope, readHeader } from './envelope.ts'
import { emptyFold, fold } from './fold.ts'
import type { FoldedLog } from './folded-log.ts'
import type { Head } from './head.ts'
import { type LogContext, retryStorage } from './log-context.ts'
import type { SessionKeyRing } from './session-keys.ts'
import { decodeSnapshot } from './snapshot-text.ts'

const PARALLEL_READS = 32
const MAX_SNAPSHOT_BYTES = 1024 * 1024 * 1024

/** A log being read: the fold of every slot up to `tail`. */
export interface RestoredLog {
  readonly state: FoldedLog
  tail: number
  /** highest epoch seen in a slot: records of a lower one behind it are a zombie's */
  epoch: number
}

/** A slot holds an epoch above ours: whoever wrote it owns the log. */
export class NewerOwnerError extends Error {
  readonly headEpoch: number
  constructor(headEpoch: number) {
    super(`the log holds epoch ${headEpoch}`)
    this.name = 'NewerOwnerError'
    this.headEpoch = headEpoch
  }
}

/**
 * Snapshot, then every slot behind it.
 * @throws CorruptLogError when something is missing or does not decrypt, NewerOwnerError, StorageAwayError
 */
export const restoreLog = async (context: LogContext, head: Head, keys: SessionKeyRing): Promise<RestoredLog> => {
  const restored = await readSnapshot(context, head, keys)
  const slots = await retryStorage(context, 'listSegments', () => context.device.listSegments({ after: head.snapSeq }))
  for (const [index, slot] of slots.entries())
    if (slot !== head.snapSeq + 1 + index)
      throw new CorruptLogError('missing_record', `slot ${head.snapSeq + 1 + index} is missing`)
  if (head.snapSeq + slots.length < head.tailSeq)
    throw new CorruptLogError(
      'missing_record',
      `the log ends at ${head.snapSeq + slots.length}, HEAD knew ${head.tailSeq}`,
    )
  for (let start = 0; start < slots.length; start += PARALLEL_READS) {
    const chunk = slots.slice(start, start + PARALLEL_READS)
    const objects = await Promise.all(
      chunk.map((slot) => retryStorage(context, 'getSegment', () => context.device.getSegment(slot))),
    )
    for (const [index, slot] of chunk.entries()) {
      const bytes = objects[index]
      if (!bytes) throw new CorruptLogError('missing_record', `slot ${slot} is listed but gone`)
      await applySegment(context, restored, slot, bytes, keys)
    }
  }
  return restored
}

/** Folds the slot behind the tail. Same errors as `restoreLog`. */
export const applySegment = async (
  context: LogContext,
  restored: RestoredLog,
  slot: number,
  bytes: Buffer,
  keys: SessionKeyRing,
): Promise<void> => {
  const { epoch } = readHeader(bytes)
  if (epoch >= context.epoch) throw new NewerOwnerError(epoch)
  restored.tail = slot
  if (epoch < restored.epoch) return
  const body = openEnvelope(await keys.keyOf(epoch), bytes, {
    sessionId: context.sessionId,
    kind: 'segment',
    seq: slot,
  })
  restored.epoch = epoch
  for (const { at, records } of decoded(`slot ${slot}`, () => decodeBody(body)))
    for (const record of records) fold(restored.state, record, at)
}

const readSnapshot = async (context: LogContext, head: Head, keys: SessionKeyRing): Promise<RestoredLog> => {
  const name = head.snapshotKey
  if (name === null) return { state: emptyFold(), tail: 0, epoch: 0 }
  const bytes = await retryStorage(context, 'getSnapshot', () => context.device.getSnapshot(name))
  if (!bytes) throw new CorruptLogError('missing_snapshot', `snapshot ${name} is missing`)
  const { epoch } = readHeader(bytes)
  const body = openEnvelope(await keys.keyOf(epoch), bytes, {
    sessionId: context.sessionId,
    kind: 'snapshot',
    seq: head.snapSeq,
  })
  const state = decoded(`snapshot ${name}`, () =>
    decodeSnapshot(zlib.zstdDecompressSync(body, { maxOutputLength: MAX_SNAPSHOT_BYTES }).toString()),
  )
  return { state, tail: head.snapSeq, epoch }
}

/** The bytes are what their writer sealed: what cannot be decoded now is a format of a later version. */
const decoded = <Value>(place: string, decode: () => Value): Value => {
  try {
    return decode()
  } catch (cause) {
    throw new CorruptLogError('future_format', `${place} cannot be decoded by this version`, { cause })
  }
}
