import { encodeHead, isTombstone, makeTombstone, parseHead } from './head.ts'
import type { LogDevice } from './log-device.ts'

export type TombstoneResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'newerOwner'; readonly headEpoch: number }

/**
 * Ends a log for ever: HEAD becomes a tombstone that nobody opens, and the session's wrapped keys are gone with it. The
 * caller has settled and fenced the log before (or erases the tenant and says so). Safe to repeat.
 * @param epoch the lease's epoch: an owner with a higher one is left alone
 * @throws what the device throws; then nothing is known, repeat it
 */
export const tombstoneLog = async (device: LogDevice, epoch: number, now: number): Promise<TombstoneResult> => {
  for (;;) {
    const found = await device.getHead()
    const head = found === null ? null : parseHead(found.bytes)
    if (head && isTombstone(head)) return { ok: true }
    if (head && head.epoch > epoch) return { ok: false, reason: 'newerOwner', headEpoch: head.epoch }
    const put = await device.putHead(encodeHead(makeTombstone(epoch, now)), found?.tag ?? null)
    if (put.outcome === 'written') return { ok: true }
  }
}

/** Deletes slots and snapshots behind a tombstone. Safe to repeat. @throws when HEAD is no tombstone */
export const deleteLogObjects = async (device: LogDevice): Promise<void> => {
  const found = await device.getHead()
  if (!found || !isTombstone(parseHead(found.bytes))) throw new Error('only a log with a tombstone may be deleted')
  await device.deleteSegments(await device.listSegments({ after: 0 }))
  await device.deleteSnapshots(await device.listSnapshots())
}
