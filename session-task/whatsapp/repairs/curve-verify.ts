import { Curve } from '@whiskeysockets/baileys'
import libsignal from 'libsignal'

/**
 * Symptom: any well-formed signature verifies, so neither the server's certificate nor the account signature of a
 * pairing is checked. rc14's Curve.verify ignores the boolean that libsignal returns (simulator-facts §1; the pattern
 * was remarked in https://github.com/WhiskeySockets/Baileys/pull/2067). The exported object is shared by all callers
 * within the library, so replacing the function repairs them all, for the whole process.
 */
const KEY_TYPE = 5
const RAW_KEY_BYTES = 32

// the package's type declarations leave this module out
const { curve } = libsignal as unknown as {
  curve: { verifySignature(publicKey: Buffer, message: Buffer, signature: Buffer): boolean }
}

const withKeyType = (key: Uint8Array): Buffer =>
  key.length === RAW_KEY_BYTES ? Buffer.concat([Uint8Array.of(KEY_TYPE), key]) : Buffer.from(key)

Curve.verify = (publicKey, message, signature) => {
  try {
    const isValid = curve.verifySignature(withKeyType(publicKey), Buffer.from(message), Buffer.from(signature))
    return isValid === true
  } catch {
    // malformed key or signature: libsignal throws, and the answer is no
    return false
  }
}
