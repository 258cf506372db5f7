import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { agree, generateKeyPair, type KeyPair } from '../wire/signal.ts'

const PATTERN = Buffer.from('Noise_XX_25519_AESGCM_SHA256\0\0\0\0')
const TAG_BYTES = 16

/** The four bytes every connection starts with; only they are the Noise prologue, not the optional routing header. */
export const PROLOGUE = Buffer.from([0x57, 0x41, 6, 3])

/** Responder side of Noise XX: e | e, ee, s, es | s, se. */
export class NoiseResponder {
  #hash: Buffer = PATTERN
  #salt: Buffer = PATTERN
  #key: Buffer = PATTERN
  #counter = 0
  readonly #ephemeral = generateKeyPair()

  constructor() {
    this.#mixHash(PROLOGUE)
  }

  /** Answers clientHello; `chain` is the encoded certificate chain of `staticKey`. */
  answerHello(clientEphemeral: Uint8Array, staticKey: KeyPair, chain: Uint8Array) {
    this.#mixHash(clientEphemeral)
    this.#mixHash(this.#ephemeral.rawPublicKey)
    this.#mixKey(agree(this.#ephemeral.privateKey, clientEphemeral))
    const encryptedStatic = this.#encrypt(staticKey.rawPublicKey)
    this.#mixKey(agree(staticKey.privateKey, clientEphemeral))
    return { ephemeral: this.#ephemeral.rawPublicKey, static: encryptedStatic, payload: this.#encrypt(chain) }
  }

  /** Opens clientFinish. Throws if the client's Noise state differs from ours (wrong prologue, tampered frame). */
  openFinish(encryptedStatic: Uint8Array, encryptedPayload: Uint8Array) {
    const clientStatic = this.#decrypt(encryptedStatic)
    this.#mixKey(agree(this.#ephemeral.privateKey, clientStatic))
    const payload = this.#decrypt(encryptedPayload)
    const keys = this.#expand(Buffer.alloc(0))
    return { clientStatic, payload, transport: new Transport(keys.first, keys.second) }
  }

  #mixHash(data: Uint8Array): void {
    this.#hash = createHash('sha256').update(this.#hash).update(data).digest()
  }

  #mixKey(secret: Uint8Array): void {
    const { first, second } = this.#expand(secret)
    this.#salt = first
    this.#key = second
    this.#counter = 0
  }

  #expand(secret: Uint8Array): { first: Buffer; second: Buffer } {
    const bytes = Buffer.from(hkdfSync('sha256', secret, this.#salt, '', 64))
    return { first: bytes.subarray(0, 32), second: bytes.subarray(32) }
  }

  #encrypt(plaintext: Uint8Array): Buffer {
    const ciphertext = seal(this.#key, this.#counter++, plaintext, this.#hash)
    this.#mixHash(ciphertext)
    return ciphertext
  }

  #decrypt(ciphertext: Uint8Array): Buffer {
    const plaintext = open(this.#key, this.#counter++, ciphertext, this.#hash)
    this.#mixHash(ciphertext)
    return plaintext
  }
}

/** Encryption after the handshake: one key and counter per direction. */
export class Transport {
  readonly #readKey: Buffer
  readonly #writeKey: Buffer
  #readCounter = 0
  #writeCounter = 0

  constructor(readKey: Buffer, writeKey: Buffer) {
    this.#readKey = readKey
    this.#writeKey = writeKey
  }

  encrypt(plaintext: Uint8Array): Buffer {
    return seal(this.#writeKey, this.#writeCounter++, plaintext)
  }

  decrypt(ciphertext: Uint8Array): Buffer {
    return open(this.#readKey, this.#readCounter++, ciphertext)
  }
}

function nonce(counter: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(counter, 8)
  return bytes
}

function seal(key: Buffer, counter: number, plaintext: Uint8Array, associated: Uint8Array = Buffer.alloc(0)): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(counter)).setAAD(associated)
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

function open(key: Buffer, counter: number, ciphertext: Uint8Array, associated: Uint8Array = Buffer.alloc(0)): Buffer {
  if (ciphertext.length < TAG_BYTES) throw new Error('ciphertext is shorter than its tag')
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(counter)).setAAD(associated)
  decipher.setAuthTag(ciphertext.subarray(-TAG_BYTES))
  return Buffer.concat([decipher.update(ciphertext.subarray(0, -TAG_BYTES)), decipher.final()])
}
