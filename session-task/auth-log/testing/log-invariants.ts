import * as zlib from 'node:zlib'
import { expect } from 'vitest'
import { decodeBody } from '../append-text.ts'
import { CorruptLogError, openEnvelope, readHeader } from '../envelope.ts'
import { emptyFold, fold } from '../fold.ts'
import type { FoldedLog } from '../folded-log.ts'
import { type Head, isTombstone, parseHead } from '../head.ts'
import type { SessionKeyWrap } from '../session-keys.ts'
import { decodeSnapshot, encodeSnapshot } from '../snapshot-text.ts'
import type { MemoryBucket, MemoryLogDevice } from './memory-log-device.ts'

/** Wraps nothing and remembers every key, so that a test can read what HEAD has forgotten. */
export class KeyWitness implements SessionKeyWrap {
  readonly keys: Uint8Array[] = []

  async wrap(key: Uint8Array): Promise<string> {
    this.keys.push(key)
    return Buffer.from(key).toString('base64')
  }

  async unwrap(wrapped: string): Promise<Uint8Array> {
    return Buffer.from(wrapped, 'base64')
  }
}

/** Invariant I4 of a log at rest whose slots were never cleaned up. @returns the folded state */
export const expectSoundLog = (bucket: MemoryBucket, sessionId: string, witness: KeyWitness): FoldedLog => {
  const slots = [...bucket.segments.keys()].sort((one, other) => one - other)
  expect(slots, 'slots are contiguous').toEqual(slots.map((_, index) => index + 1))
  const epochs = slots.map((slot) => readHeader(bucket.segments.get(slot)!).epoch)
  expect(epochs, 'epochs never decrease').toEqual([...epochs].sort((one, other) => one - other))
  const genesis = foldSlots(emptyFold(), bucket, slots, sessionId, witness)

  const head = parseHead(bucket.head!) as Head
  expect(isTombstone(head)).toBe(false)
  if (head.snapshotKey !== null) {
    const body = open(bucket.snapshots.get(head.snapshotKey)!, 'snapshot', head.snapSeq, sessionId, witness)
    const state = decodeSnapshot(zlib.zstdDecompressSync(body).toString())
    const behind = slots.filter((slot) => slot > head.snapSeq)
    const fromSnapshot = foldSlots(state, bucket, behind, sessionId, witness)
    expect(encodeSnapshot(fromSnapshot), 'fold(snapshot, tail) = fold(genesis, all)').toBe(encodeSnapshot(genesis))
    expect(fromSnapshot, 'fold(snapshot, tail) = fold(genesis, all)').toEqual(genesis)
  }
  return genesis
}

/** One content per slot and snapshot name, however often it was sent: otherwise an IV would repeat. */
export const expectFrozenBytes = (device: MemoryLogDevice): void => {
  const sent = new Map<string, string>()
  for (const { name, detail } of device.calls) {
    if (name !== 'putSegment' && name !== 'putSnapshot') continue
    const [place = '', hash = ''] = detail.split(' ')
    expect(sent.get(place) ?? hash, `bytes sent for ${place}`).toBe(hash)
    sent.set(place, hash)
  }
}

const foldSlots = (
  state: FoldedLog,
  bucket: MemoryBucket,
  slots: readonly number[],
  sessionId: string,
  witness: KeyWitness,
): FoldedLog => {
  for (const slot of slots)
    for (const { at, records } of decodeBody(open(bucket.segments.get(slot)!, 'segment', slot, sessionId, witness)))
      for (const record of records) fold(state, record, at)
  return state
}

const open = (
  bytes: Buffer,
  kind: 'segment' | 'snapshot',
  seq: number,
  sessionId: string,
  witness: KeyWitness,
): Buffer => {
  for (const key of witness.keys) {
    try {
      return openEnvelope(key, bytes, { sessionId, kind, seq })
    } catch (error) {
      // Not this key: the next one.
      if (!(error instanceof CorruptLogError)) throw error
    }
  }
  throw new Error(`no key opens ${kind} ${seq}`)
}
