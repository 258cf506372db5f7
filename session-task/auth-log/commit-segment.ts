import { encodeBody } from './append-text.ts'
import { readHeader, sealEnvelope } from './envelope.ts'
import { type LogContext, retryStorage } from './log-context.ts'

export type CommitOutcome =
  | { readonly ok: true; readonly sequence: number; readonly bytes: number }
  | { readonly ok: false; readonly headEpoch: number }

/**
 * Puts one batch into the first slot from `sequence` on that is not taken by an owner before us. Bytes of a slot are
 * made once: every retry sends the same, so a lost answer is told from a lost race by comparing.
 * @param onTaken called with each slot that a lower epoch took, before the next one is tried
 * @returns ok: false when a slot holds an epoch that is not below ours: somebody opened the log after us
 * @throws StorageAwayError
 */
export const commitSegment = async (
  context: LogContext,
  sequence: number,
  appends: readonly string[],
  onTaken?: (sequence: number, bytes: Buffer) => Promise<void>,
): Promise<CommitOutcome> => {
  const body = encodeBody(appends)
  const { sessionId, epoch, openId, device } = context
  for (let slot = sequence; ; slot++) {
    const bytes = sealEnvelope(context.key, { v: 1, sessionId, epoch, openId, kind: 'segment', seq: slot }, body)
    const outcome = await retryStorage(context, 'putSegment', () => device.putSegment(slot, bytes))
    if (outcome === 'written') return { ok: true, sequence: slot, bytes: bytes.length }
    const held = await retryStorage(context, 'getSegment', () => device.getSegment(slot))
    if (held?.equals(bytes)) return { ok: true, sequence: slot, bytes: bytes.length }
    // Written and already deleted again: only an owner with two newer snapshots does that.
    if (!held) return { ok: false, headEpoch: epoch }
    const holder = readHeader(held).epoch
    if (holder >= epoch) return { ok: false, headEpoch: holder }
    await onTaken?.(slot, held)
  }
}
