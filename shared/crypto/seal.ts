import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'

const VERSION = 1
const IV_BYTES = 12
const TAG_BYTES = 16

/** 32 bytes. A KeyObject for what is used often: bytes cost Node 24 three times as much at each use. */
type SealKey = Uint8Array | KeyObject

/** AES-256-GCM with a random IV: version(1) ‖ iv(12) ‖ tag(16) ‖ ciphertext. `aad` binds the text to where it lies. */
export const sealBytes = (key: SealKey, plaintext: Uint8Array, aad: string): Buffer => {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(Buffer.from(aad))
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([Uint8Array.of(VERSION), iv, cipher.getAuthTag(), body])
}

/** @throws when the bytes were changed, sealed with another key, or moved to another place (aad) */
export const openBytes = (key: SealKey, sealed: Uint8Array, aad: string): Buffer => {
  if (sealed[0] !== VERSION) throw new Error(`unknown seal version ${sealed[0]}`)
  const bytes = Buffer.from(sealed)
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 1 + IV_BYTES))
  decipher.setAAD(Buffer.from(aad))
  decipher.setAuthTag(bytes.subarray(1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES))
  return Buffer.concat([decipher.update(bytes.subarray(1 + IV_BYTES + TAG_BYTES)), decipher.final()])
}
