import { createPrivateKey, createPublicKey } from 'node:crypto'
import { createRequire } from 'node:module'
import { ProtocolAddress, SessionBuilder, SessionCipher, SessionRecord } from 'libsignal'
import * as curve from 'libsignal/src/curve.js'

export { ProtocolAddress, SessionBuilder, SessionCipher, SessionRecord }

type WhisperFields = { ephemeralKey: Uint8Array; counter: number }
type MessageCodec<Fields> = { decode(bytes: Uint8Array): Fields }
type Protobufs = {
  WhisperMessage: MessageCodec<WhisperFields>
  PreKeyWhisperMessage: MessageCodec<{ message: Uint8Array }>
}
const protobufs = createRequire(import.meta.url)('libsignal/src/protobufs.js') as Protobufs

/** Curve25519 pair. `publicKey` carries the 0x05 type byte (33 bytes), `rawPublicKey` is what travels in stanzas (32). */
export type KeyPair = { privateKey: Buffer; publicKey: Buffer; rawPublicKey: Buffer }

export function generateKeyPair(): KeyPair {
  const { pubKey, privKey } = curve.generateKeyPair()
  const publicKey = Buffer.from(pubKey)
  return { privateKey: Buffer.from(privKey), publicKey, rawPublicKey: publicKey.subarray(1) }
}

const X25519_PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex')

/** The pair of a private key of 32 bytes. */
export function keyPairOf(privateKey: Buffer): KeyPair {
  const der = Buffer.concat([X25519_PKCS8_PREFIX, privateKey])
  const spki = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({
    format: 'der',
    type: 'spki',
  })
  const publicKey = typedPublicKey(spki.subarray(-32))
  return { privateKey: Buffer.from(privateKey), publicKey, rawPublicKey: publicKey.subarray(1) }
}

/** libsignal wants the 0x05 type byte, stanzas leave it out. */
export function typedPublicKey(key: Uint8Array): Buffer {
  return key.length === 33 ? Buffer.from(key) : Buffer.concat([Buffer.from([5]), key])
}

export function agree(privateKey: Uint8Array, publicKey: Uint8Array): Buffer {
  return Buffer.from(curve.calculateAgreement(typedPublicKey(publicKey), Buffer.from(privateKey)))
}

/** XEdDSA; about 10 ms of pure JavaScript. */
export function sign(privateKey: Uint8Array, message: Uint8Array): Buffer {
  return Buffer.from(curve.calculateSignature(Buffer.from(privateKey), Buffer.from(message)))
}

/**
 * True only for a genuine signature. libsignal reports a bad one by its return value and a malformed one by throwing;
 * Baileys' own wrapper looks at the exception alone and so accepts everything well-formed.
 */
export function hasValidSignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const verify = curve.verifySignature as (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => unknown
    return verify(typedPublicKey(publicKey), Buffer.from(message), Buffer.from(signature)) === true
  } catch {
    // Malformed key or signature: not valid, and that is the whole answer.
    return false
  }
}

export type RatchetPosition = { ratchetKey: string; counter: number }

/** Where in a ratchet a ciphertext stands: (sender's ratchet key, counter) must never carry two different plaintexts. */
export function ratchetPosition(type: 'msg' | 'pkmsg', ciphertext: Uint8Array): RatchetPosition | undefined {
  try {
    const inner = type === 'pkmsg' ? protobufs.PreKeyWhisperMessage.decode(ciphertext.subarray(1)).message : ciphertext
    const { ephemeralKey, counter } = protobufs.WhisperMessage.decode(inner.subarray(1, -8))
    return { ratchetKey: Buffer.from(ephemeralKey).toString('base64'), counter }
  } catch {
    // Not a Whisper message at all: decryption will say so and ask for a retry.
    return undefined
  }
}
