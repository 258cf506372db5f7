import { createHash, createHmac } from 'node:crypto'
import type { Mode } from './tenant-scope.ts'

export type IdPrefix =
  | 'ten'
  | 'key'
  | 'ses'
  | 'msg'
  | 'evt'
  | 'whk'
  | 'dlv'
  | 'att'
  | 'med'
  | 'wrk'
  | 'con'
  | 'op'
  | 'req'
  | 'aud'
  | 'rol'
  | 'rpl'

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const ULID_TIME_CHARACTERS = 10
const ULID_RANDOM_BYTES = 10

/** Crockford base32 of the bytes, most significant bits first, without padding. */
export const encodeCrockford = (bytes: Uint8Array): string => {
  let bits = 0
  let value = 0
  let out = ''
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += CROCKFORD[(value >>> bits) & 31]
      value &= (1 << bits) - 1
    }
  }
  if (bits > 0) out += CROCKFORD[(value << (5 - bits)) & 31]
  return out
}

/** ULID (26 characters): 48-bit time in epoch milliseconds, then 80 bits given by the caller. */
export const encodeUlid = (timeMs: number, randomness: Uint8Array): string => {
  if (randomness.length < ULID_RANDOM_BYTES) throw new RangeError('a ULID needs 10 bytes of randomness')
  let time = ''
  let rest = timeMs
  for (let i = 0; i < ULID_TIME_CHARACTERS; i++) {
    time = CROCKFORD[rest % 32] + time
    rest = Math.floor(rest / 32)
  }
  return time + encodeCrockford(randomness.subarray(0, ULID_RANDOM_BYTES))
}

/** Epoch milliseconds inside a prefixed ULID id; null when the text is not one. */
export const timeOfId = (id: string): number | null => {
  const ulid = id.slice(id.indexOf('_') + 1)
  if (!/^[0-9A-HJKMNP-TV-Z]{26}$/.test(ulid)) return null
  let time = 0
  for (const character of ulid.slice(0, ULID_TIME_CHARACTERS)) time = time * 32 + CROCKFORD.indexOf(character)
  return time
}

/** A fresh id, `prefix_ULID`. */
export const newId = (prefix: IdPrefix, now: number = Date.now()): string =>
  `${prefix}_${encodeUlid(now, crypto.getRandomValues(new Uint8Array(ULID_RANDOM_BYTES)))}`

/** Shape check only: says nothing about existence. */
export const isId = (prefix: IdPrefix, text: string): boolean =>
  text.startsWith(`${prefix}_`) && /^[0-9A-HJKMNP-TV-Z]{26}$/.test(text.slice(prefix.length + 1))

/**
 * Message id of an idempotent request: SHA-256(scope ‖ 0 ‖ key ‖ batch index), so that the message row itself is the
 * idempotency record. Never a rotating secret (protocol §9, C8).
 */
export const messageIdOfKey = (tenantId: string, mode: Mode, idempotencyKey: string, batchIndex = 0): string => {
  const digest = createHash('sha256')
    .update(`${tenantId}#${mode}`)
    .update(Uint8Array.of(0))
    .update(idempotencyKey)
    .update(Uint8Array.of(0))
    .update(String(batchIndex))
    .digest()
  return `msg_${encodeCrockford(digest).slice(0, 26)}`
}

/** Operation id of an idempotent request: the row itself is the idempotency record, as of messages. */
export const operationIdOfKey = (tenantId: string, mode: Mode, idempotencyKey: string): string => {
  const digest = createHash('sha256')
    .update(`${tenantId}#${mode}#operation`)
    .update(Uint8Array.of(0))
    .update(idempotencyKey)
    .digest()
  return `op_${encodeCrockford(digest).slice(0, 26)}`
}

/** Event id: ULID with the journal time and HMAC(session, sequence) as randomness: id and sequence are one to one. */
export const eventIdOf = (sessionId: string, sequence: number, journaledAt: number): string =>
  `evt_${encodeUlid(journaledAt, createHmac('sha256', sessionId).update(String(sequence)).digest())}`

/** Inbound message id: one per (session, event sequence), so that a replay writes the same row. */
export const inboundMessageIdOf = (sessionId: string, sequence: number, journaledAt: number): string =>
  `msg_${encodeUlid(journaledAt, createHmac('sha256', `${sessionId}#in`).update(String(sequence)).digest())}`

/** Stable contact id within a session, from the first address seen (a bare jid such as 5511…@s.whatsapp.net). */
export const contactIdOf = (sessionId: string, firstAddress: string): string =>
  `con_${encodeCrockford(createHmac('sha256', sessionId).update(firstAddress).digest()).slice(0, 26)}`

/** Delivery id: one per event × endpoint × generation (a replay re-opens as generation + 1). */
export const deliveryIdOf = (eventId: string, endpointId: string, generation: number): string =>
  `dlv_${encodeCrockford(createHash('sha256').update(`${eventId}#${endpointId}#${generation}`).digest()).slice(0, 26)}`

/** Stable shard number of an id, 0 … count - 1. */
export const shardOf = (id: string, count: number): number =>
  createHash('sha256').update(id).digest().readUInt32BE(0) % count
