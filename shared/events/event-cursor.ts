/**
 * A tenant-wide position in the event log: the control-plane position and one sequence per session. Binary, because 200
 * sessions have to fit into a URL (the gateway takes 10 kB): 25 bytes + 22 per session. Sessions at 0 are left out.
 */
export interface EventVector {
  /** UTC day (days since 1970) and the last event id seen in it; null: none yet in that day */
  readonly control: { readonly day: number; readonly lastId: string | null }
  readonly sequences: ReadonlyMap<string, number>
}

const VERSION = 1
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

export const encodeVector = (vector: EventVector): Buffer => {
  const head = Buffer.alloc(1 + 4)
  head.writeUInt8(VERSION)
  head.writeUInt32BE(vector.control.day, 1)
  const lastId = vector.control.lastId ? ulidToBytes(vector.control.lastId.slice(4)) : Buffer.alloc(ULID_BYTES)
  const entries = [...vector.sequences]
    .filter(([, sequence]) => sequence > 0)
    .map(([sessionId, sequence]) => {
      const number = Buffer.alloc(SEQUENCE_BYTES)
      number.writeUIntBE(sequence, 0, SEQUENCE_BYTES)
      return Buffer.concat([ulidToBytes(sessionId.slice(4)), number])
    })
  return Buffer.concat([head, lastId, ...entries])
}

/** The bytes come from a verified cursor. Null when another version wrote them. */
export const decodeVector = (bytes: Buffer): EventVector | null => {
  const entriesFrom = 1 + 4 + ULID_BYTES
  const entryBytes = ULID_BYTES + SEQUENCE_BYTES
  if (bytes[0] !== VERSION || bytes.length < entriesFrom || (bytes.length - entriesFrom) % entryBytes !== 0) return null
  const last = bytes.subarray(5, entriesFrom)
  const sequences = new Map<string, number>()
  for (let at = entriesFrom; at < bytes.length; at += entryBytes)
    sequences.set(
      `ses_${bytesToUlid(bytes.subarray(at, at + ULID_BYTES))}`,
      bytes.readUIntBE(at + ULID_BYTES, SEQUENCE_BYTES),
    )
  return {
    control: {
      day: bytes.readUInt32BE(1),
      lastId: last.every((byte) => byte === 0) ? null : `evt_${bytesToUlid(last)}`,
    },
    sequences,
  }
}
