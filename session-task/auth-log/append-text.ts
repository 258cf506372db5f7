import * as zlib from 'node:zlib'
import type { FoldedLog } from './folded-log.ts'
import { pruneSessionRecord } from './prune-session.ts'
import { isSequenced, type KeysRecord, type LogRecord } from './records.ts'

const FORMAT = 1
const MAX_SEGMENT_BYTES = 256 * 1024 * 1024

/** One append call: its records land in one segment, or none does. */
export interface Append {
  readonly at: number
  readonly records: readonly LogRecord[]
}

/** JSON of one append, final: what it says now is folded, written, and read by every later owner. */
export const encodeAppend = (at: number, records: readonly LogRecord[]): string =>
  JSON.stringify([at, records.map((record) => (record.t === 'keys' ? normalizeKeys(record) : record))])

export const decodeAppend = (text: string): Append => appendOf(JSON.parse(text))

/** Segment body (zstd) from encoded appends. */
export const encodeBody = (appends: readonly string[]): Buffer =>
  zlib.zstdCompressSync(Buffer.from(`{"v":${FORMAT},"appends":[${appends.join(',')}]}`))

export const decodeBody = (body: Uint8Array): Append[] => {
  const stored = JSON.parse(zlib.zstdDecompressSync(body, { maxOutputLength: MAX_SEGMENT_BYTES }).toString())
  if (stored.v !== FORMAT) throw new Error(`unknown segment format ${stored.v}`)
  return stored.appends.map(appendOf)
}

/**
 * Sequences are 1..n without a gap, assigned once; `tries+1` may write an undone one again.
 * @throws RangeError before anything is folded: a gap in the log could never be closed
 */
export const assertSequences = (state: FoldedLog, records: readonly LogRecord[]): void => {
  let next = state.nextSequence
  for (const record of records) {
    if (!isSequenced(record)) continue
    const earlier = state.undone.get(record.sequence)
    if (record.sequence === next) next++
    else if (earlier?.eventId !== record.eventId)
      throw new RangeError(`record ${record.t} has sequence ${record.sequence}, the next one is ${next}`)
  }
}

const appendOf = ([at, records]: [number, LogRecord[]]): Append => ({ at, records })

const normalizeKeys = (record: KeysRecord): KeysRecord => ({
  ...record,
  set: Object.fromEntries(
    Object.entries(record.set).map(([type, values]) => [
      type,
      Object.fromEntries(
        // JSON drops undefined, and with it a deletion.
        Object.entries(values).map(([id, value]) => [
          id,
          value == null ? null : type === 'session' ? pruneSessionRecord(value) : value,
        ]),
      ),
    ]),
  ),
})
