import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Mode } from './tenant-scope.ts'

/**
 * API keys: `flk_<live|test|admin>_` + 24 random bytes in base62 (33 characters) + CRC32 of everything before it in
 * base62 (6 characters). The checksum lets scanners and this API refuse typos and fakes without a look-up.
 */
export type KeyKind = Mode | 'admin'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const RANDOM_BYTES = 24
const RANDOM_CHARACTERS = 33
const CHECKSUM_CHARACTERS = 6
const SHAPE = new RegExp(`^flk_(live|test|admin)_[0-9A-Za-z]{${RANDOM_CHARACTERS + CHECKSUM_CHARACTERS}}$`)
const SHOWN_CHARACTERS = 4

const encodeBase62 = (value: bigint, length: number): string => {
  let out = ''
  for (let rest = value; out.length < length; rest /= 62n) out = BASE62[Number(rest % 62n)] + out
  return out
}

/** CRC-32 (IEEE 802.3, reflected), bit by bit: 47 characters per call do not need a table. */
export const crc32 = (text: string): number => {
  let crc = 0xffffffff
  for (const byte of Buffer.from(text)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

const checksumOf = (text: string): string => encodeBase62(BigInt(crc32(text)), CHECKSUM_CHARACTERS)

export const makeApiKey = (kind: KeyKind): string => {
  const random = encodeBase62(BigInt(`0x${randomBytes(RANDOM_BYTES).toString('hex')}`), RANDOM_CHARACTERS)
  const text = `flk_${kind}_${random}`
  return text + checksumOf(text)
}

/** The kind of a well-formed key with a right checksum; null otherwise. Says nothing about existence. */
export const kindOfKey = (key: string): KeyKind | null => {
  const kind = SHAPE.exec(key)?.[1]
  if (!kind) return null
  return checksumOf(key.slice(0, -CHECKSUM_CHARACTERS)) === key.slice(-CHECKSUM_CHARACTERS) ? (kind as KeyKind) : null
}

/**
 * What is stored instead of the key (hex). The pepper's gain: whoever can write the table still cannot make a key.
 * No slow hash: 192 random bits are not a password.
 */
export const hashApiKey = (pepper: string, key: string): string =>
  createHmac('sha256', pepper).update(key).digest('hex')

/** Beginning of a key that may be shown, e.g. flk_test_ab12. */
export const startOfKey = (key: string): string => key.slice(0, key.lastIndexOf('_') + 1 + SHOWN_CHARACTERS)

export const isOneOfHashes = (hashes: readonly string[], hash: string): boolean =>
  hashes.some((known) => known.length === hash.length && timingSafeEqual(Buffer.from(known), Buffer.from(hash)))

/** A platform key for the bootstrap: `hash` goes into `adminKeyHashes` of the platform secret, `key` to the operator. */
export const makeAdminKey = (pepper: string): { key: string; hash: string } => {
  const key = makeApiKey('admin')
  return { key, hash: hashApiKey(pepper, key) }
}
