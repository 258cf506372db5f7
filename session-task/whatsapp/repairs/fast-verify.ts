import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { createRequire } from 'node:module'
import { BoundedCache } from '../bounded-cache.ts'

/**
 * Symptom: every group message and every certificate blocks the event loop of all sessions for about 5 ms: XEdDSA is
 * verified in JavaScript (baileys-facts 0.9). An XEdDSA signature is an Ed25519 signature under the Edwards form of the
 * same key, whose sign is the top bit of the signature; Node verifies that 20 times as fast. libsignal and the library's
 * groups call one function of one module, which is replaced for the whole process. Signing stays: Node's Ed25519 signs
 * with a seed, not with a Montgomery key.
 */
const PRIME = 2n ** 255n - 19n
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64
const SIGN_BIT = 0x80
/** SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes */
const ED25519_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')
const HOUR_MS = 3_600_000

interface CurveModule {
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
}

// libsignal's own copy: another one in the tree would be another module.
const requireOfLibsignal = createRequire(createRequire(import.meta.url).resolve('libsignal'))
const curve = requireOfLibsignal('curve25519-js') as CurveModule
const verifySlowly = curve.verify

const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n
  for (let square = base % PRIME, rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % PRIME
    square = (square * square) % PRIME
  }
  return result
}

/** y = (u − 1) / (u + 1), little-endian, with the sign of x in the top bit (RFC 7748 §4.1) */
const toEdwards = (montgomery: Uint8Array, signBit: number): Buffer => {
  const u = BigInt(`0x${Buffer.from(montgomery).reverse().toString('hex')}`) & (2n ** 255n - 1n)
  const y = ((u - 1n + PRIME) * power(u + 1n, PRIME - 2n)) % PRIME
  const bytes = Buffer.from(y.toString(16).padStart(2 * KEY_BYTES, '0'), 'hex').reverse()
  bytes[KEY_BYTES - 1]! |= signBit
  return bytes
}

const keys = new BoundedCache(5_000, HOUR_MS)

const keyOf = (publicKey: Uint8Array, signBit: number): KeyObject => {
  const name = `${signBit} ${Buffer.from(publicKey).toString('base64')}`
  const known = keys.get<KeyObject>(name)
  if (known) return known
  const der = Buffer.concat([ED25519_PREFIX, toEdwards(publicKey, signBit)])
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
  keys.set(name, key)
  return key
}

/** What libsignal had before, to compare with. */
export const verifyInJavaScript: CurveModule['verify'] = verifySlowly

curve.verify = (publicKey, message, signature) => {
  if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES)
    return verifySlowly(publicKey, message, signature)
  const bytes = Buffer.from(signature)
  const last = bytes[SIGNATURE_BYTES - 1]!
  bytes[SIGNATURE_BYTES - 1] = last & ~SIGN_BIT
  return verify(null, message, keyOf(publicKey, last & SIGN_BIT), bytes)
}
