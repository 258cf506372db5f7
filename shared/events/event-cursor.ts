import type { ControlPosition } from './control-position.ts'
import { FINGERPRINT_BYTES } from './control-position.ts'

/**
 * A tenant-wide position in the event log: the control-plane position and one sequence per session. Binary, because 200
 * sessions have to fit into a URL (the gateway takes 10 kB): 23 bytes + 8 per control-plane event of the last minutes
 * + 22 per session. Sessions at 0 are left out.
 */
export interface EventVector {
  readonly control: ControlPosition
  readonly sequences: ReadonlyMap<string, number>
}

const VERSION = 2
/** Without the events seen out of order; still read, never written. */
const FIRST_VERSION = 1
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const ULID_BYTES = 16
const ULID_CHARACTERS = 26
const SEQUENCE_BYTES = 6

const ulidToBytes = (ulid: string): Buffer => {
  let value = 0n
  for (const character of ulid) value = value * 32n + BigInt(CROCKFORD.indexOf(character))
  return Buffer.from(value.toString(16).padStart(ULID_BYTES * 2, '0'), 'hex')
}

const bytesToUlid = (bytes: Buffer): string => {
  let value = BigInt(`0x${bytes.toString('hex')}`)
  let out = ''
  for (let i = 0; i < ULID_CHARACTERS; i++, value /= 32n) out = CROCKFORD[Number(value % 32n)] + out
  return out
}

const HEAD_BYTES = 1 + 4 + ULID_BYTES
const ENTRY_BYTES = ULID_BYTES + SEQUENCE_BYTES
const MAXIMUM_BYTES = 5_500

/** How many control-plane events a cursor may remember one by one beside the positions of so many sessions. */
export const roomForSeen = (sessions: number): number =>
  Math.min(512, Math.floor((MAXIMUM_BYTES - HEAD_BYTES - 2 - sessions * ENTRY_BYTES) / FINGERPRINT_BYTES))

export const encodeVector = ({ control, sequences }: EventVector): Buffer => {
  const head = Buffer.alloc(1 + 4)
  head.writeUInt8(VERSION)
  head.writeUInt32BE(control.day, 1)
  const lastId = control.lastId ? ulidToBytes(control.lastId.slice(4)) : Buffer.alloc(ULID_BYTES)
  const count = Buffer.alloc(2)
  count.writeUInt16BE(control.seen.size)
  const seen = [...control.seen].map((fingerprint) => Buffer.from(fingerprint, 'hex'))
  const entries = [...sequences]
    .filter(([, sequence]) => sequence > 0)
    .map(([sessionId, sequence]) => {
      const number = Buffer.alloc(SEQUENCE_BYTES)
      number.writeUIntBE(sequence, 0, SEQUENCE_BYTES)
      return Buffer.concat([ulidToBytes(sessionId.slice(4)), number])
    })
  return Buffer.concat([head, lastId, count, ...seen, ...entries])
}

/** The bytes come from a verified cursor. Null when a version wrote them that this one does not know. */
export const decodeVector = (bytes: Buffer): EventVector | null => {
  const isFirst = bytes[0] === FIRST_VERSION
  const seenFrom = HEAD_BYTES + (isFirst ? 0 : 2)
  if ((!isFirst && bytes[0] !== VERSION) || bytes.length < seenFrom) return null
  const entriesFrom = seenFrom + (isFirst ? 0 : bytes.readUInt16BE(HEAD_BYTES) * FINGERPRINT_BYTES)
  if (bytes.length < entriesFrom || (bytes.length - entriesFrom) % ENTRY_BYTES !== 0) return null
  const last = bytes.subarray(5, HEAD_BYTES)
  const seen = new Set<string>()
  for (let at = seenFrom; at < entriesFrom; at += FINGERPRINT_BYTES)
    seen.add(bytes.toString('hex', at, at + FINGERPRINT_BYTES))
  const sequences = new Map<string, number>()
  for (let at = entriesFrom; at < bytes.length; at += ENTRY_BYTES)
    sequences.set(
      `ses_${bytesToUlid(bytes.subarray(at, at + ULID_BYTES))}`,
      bytes.readUIntBE(at + ULID_BYTES, SEQUENCE_BYTES),
    )
  return {
    control: {
      day: bytes.readUInt32BE(1),
      lastId: last.every((byte) => byte === 0) ? null : `evt_${bytesToUlid(last)}`,
      seen,
    },
    sequences,
  }
}
