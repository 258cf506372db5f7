import { randomBytes } from 'node:crypto'
import { encodeBody } from './append-text.ts'
import { CorruptLogError, readHeader, sealEnvelope } from './envelope.ts'
import { encodeHead, type Head, isTombstone, makeTombstone, parseHead, type Tombstone } from './head.ts'
import { type LogDevice, sequenceOfSnapshot } from './log-device.ts'

/** of the last owners: whoever lived before them has been asleep for so long that he asks HEAD before anything else */
export const KEPT_FENCES = 3

export type TombstoneResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'newerOwner'; readonly headEpoch: number }

/**
 * Ends a log for ever: HEAD becomes a tombstone that nobody opens, and the session's wrapped keys are gone with it. The
 * caller has fenced the log before, and settled it if it can be read (or erases the tenant and says so). Safe to repeat.
 * @param epoch the lease's epoch: an owner with a higher one is left alone
 * @throws what the device throws; then nothing is known, repeat it. CorruptLogError: HEAD is one of a later version's
 */
export const tombstoneLog = async (device: LogDevice, epoch: number, now: number): Promise<TombstoneResult> => {
  for (;;) {
    const found = await device.getHead()
    const head = found && readableHead(found.bytes)
    if (head && isTombstone(head)) return { ok: true }
    if (head && head.epoch > epoch) return { ok: false, reason: 'newerOwner', headEpoch: head.epoch }
    const put = await device.putHead(encodeHead(makeTombstone(epoch, now)), found?.tag ?? null)
    if (put.outcome === 'written') return { ok: true }
  }
}

/**
 * Ends earlier owners of a log that cannot be opened: the next slot is taken, so that their next put meets a higher
 * epoch. Nobody has its key: only for a log that becomes a tombstone next. Safe to repeat.
 * @throws what the device throws, and when an owner after us has written
 */
export const fenceUnread = async (device: LogDevice, sessionId: string, epoch: number): Promise<void> => {
  const key = randomBytes(32)
  const openId = randomBytes(16).toString('hex')
  const slots = await device.listSegments({ after: 0 })
  const covered = (await device.listSnapshots()).map(sequenceOfSnapshot)
  for (let seq = Math.max(0, slots.at(-1) ?? 0, ...covered); ; seq++) {
    if ((await epochOf(device, seq)) > epoch) throw new Error(`slot ${seq} has an owner after epoch ${epoch}`)
    const header = { v: 1, sessionId, epoch, openId, kind: 'segment', seq: seq + 1 } as const
    if ((await device.putSegment(seq + 1, sealEnvelope(key, header, encodeBody([])))) === 'written') return
  }
}

/**
 * Deletes slots and snapshots behind a tombstone, but for the last owners' fences: one who does not know yet that he is
 * none must not find his next slot free, or he would believe his put. What stays says nothing, and its key is gone.
 * Safe to repeat. @throws when HEAD is no tombstone
 */
export const deleteLogObjects = async (device: LogDevice): Promise<void> => {
  const found = await device.getHead()
  if (!found || !isTombstone(parseHead(found.bytes))) throw new Error('only a log with a tombstone may be deleted')
  const slots = await device.listSegments({ after: 0 })
  const fences = await lastFences(device, slots)
  await device.deleteSegments(slots.filter((slot) => !fences.has(slot)))
  await device.deleteSnapshots(await device.listSnapshots())
}

/** The first slots of the last epochs. Epochs in slots never decrease, so a few reads find them. */
const lastFences = async (device: LogDevice, slots: readonly number[]): Promise<Set<number>> => {
  const fences = new Set<number>()
  let end = slots.length - 1
  while (end >= 0 && fences.size < KEPT_FENCES) {
    const epoch = await epochOf(device, slots[end] ?? 0)
    let first = 0
    let last = end
    while (first < last) {
      const middle = (first + last) >> 1
      if ((await epochOf(device, slots[middle] ?? 0)) < epoch) first = middle + 1
      else last = middle
    }
    fences.add(slots[first] ?? 0)
    end = first - 1
  }
  return fences
}

/** @returns 0 for what is gone or cannot be read */
const epochOf = async (device: LogDevice, slot: number): Promise<number> => {
  const bytes = await device.getSegment(slot)
  try {
    return bytes ? readHeader(bytes).epoch : 0
  } catch (error) {
    if (error instanceof CorruptLogError) return 0
    throw error
  }
}

/** A HEAD that was broken has no owner; one of a later version has. */
const readableHead = (bytes: Buffer): Head | Tombstone | null => {
  try {
    return parseHead(bytes)
  } catch (error) {
    if (error instanceof CorruptLogError && error.fault === 'unreadable_head') return null
    throw error
  }
}
