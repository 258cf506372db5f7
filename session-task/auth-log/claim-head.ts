import { emptyHead, encodeHead, type Head, isTombstone, parseHead } from './head.ts'
import { type LogContext, retryStorage } from './log-context.ts'

export type ClaimOutcome =
  | { readonly ok: true; readonly head: Head; readonly tag: string }
  | { readonly ok: false; readonly reason: 'newerOwner' | 'stateLost' | 'tombstone'; readonly headEpoch: number }

/**
 * Sets HEAD.epoch to ours, by If-Match. Allowed only from a lower epoch, or when HEAD already names this very open (a
 * lost answer): two opens with one epoch would share slots (protocol §9, B5).
 * @throws StorageAwayError
 */
export const claimHead = async (
  context: LogContext,
  claimant: Omit<Head['claimant'], 'openId'>,
  wrappedKey: string,
  expectLinked: boolean,
): Promise<ClaimOutcome> => {
  const { device, epoch, openId } = context
  for (;;) {
    const found = await retryStorage(context, 'getHead', () => device.getHead())
    const old = found === null ? null : parseHead(found.bytes)
    if (old && isTombstone(old)) return { ok: false, reason: 'tombstone', headEpoch: old.epoch }
    if (old?.claimant.openId === openId && found) return { ok: true, head: old, tag: found.tag }
    if (old && old.epoch >= epoch) return { ok: false, reason: 'newerOwner', headEpoch: old.epoch }
    if (!old && (expectLinked || (await hasOrphans(context)))) return { ok: false, reason: 'stateLost', headEpoch: 0 }
    const base = old ?? emptyHead(epoch, { ...claimant, openId })
    const head: Head = {
      ...base,
      epoch,
      claimant: { ...claimant, openId },
      wrappedKeys: { ...base.wrappedKeys, [String(epoch)]: wrappedKey },
    }
    const put = await retryStorage(context, 'putHead', () => device.putHead(encodeHead(head), found?.tag ?? null))
    if (put.outcome === 'written') return { ok: true, head, tag: put.tag }
  }
}

/** Slots or snapshots without a HEAD: it was lost, and starting anew would write new credentials over a living device. */
const hasOrphans = async (context: LogContext): Promise<boolean> => {
  const slots = await retryStorage(context, 'listSegments', () => context.device.listSegments({ after: 0 }))
  const isEmpty =
    slots.length === 0 &&
    (await retryStorage(context, 'listSnapshots', () => context.device.listSnapshots())).length === 0
  if (isEmpty) return false
  // Somebody may have made HEAD and fenced between our two reads: then it is his, not lost.
  return (await retryStorage(context, 'getHead', () => context.device.getHead())) === null
}
