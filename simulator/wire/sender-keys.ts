import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, randomInt } from 'node:crypto'
import { proto } from './codec.ts'
import { generateKeyPair, hasValidSignature, sign } from './signal.ts'
import { asBuffer } from './stanza.ts'

/** One sending chain of one member of one group. Keys are base64; `signingPrivate` only in the owner's own record. */
export type SenderKeyState = {
  keyId: number
  iteration: number
  chainKey: string
  signingPublic: string
  signingPrivate?: string
  /** Seeds of messages that were overtaken, by iteration. */
  skipped: Record<string, string>
}

/** Newest state last. */
export type SenderKeyRecord = SenderKeyState[]

const VERSION = 0x33
const SIGNATURE_BYTES = 64
const MAX_STATES = 5
const MAX_SKIPPED = 2000

export function newSenderKey(): SenderKeyState {
  const signing = generateKeyPair()
  return {
    keyId: randomInt(1, 2 ** 31 - 1),
    iteration: 0,
    chainKey: randomBytes(32).toString('base64'),
    signingPublic: signing.publicKey.toString('base64'),
    signingPrivate: signing.privateKey.toString('base64'),
    skipped: {},
  }
}

/** What the owner of a sender key sends to each device once, inside a pairwise encrypted message. */
export function distributionMessage({ keyId, iteration, chainKey, signingPublic }: SenderKeyState): Buffer {
  const fields = {
    id: keyId,
    iteration,
    chainKey: Buffer.from(chainKey, 'base64'),
    signingKey: Buffer.from(signingPublic, 'base64'),
  }
  return Buffer.concat([Buffer.from([VERSION]), proto.SenderKeyDistributionMessage.encode(fields).finish()])
}

/** The record after a distribution message. A key that is known already keeps its own place in the chain. */
export function acceptDistribution(record: SenderKeyRecord, message: Uint8Array): SenderKeyRecord {
  const { id, iteration, chainKey, signingKey } = proto.SenderKeyDistributionMessage.decode(message.subarray(1))
  if (id == null || !chainKey?.length || !signingKey?.length)
    throw new Error('a sender key without id, chain or signing key')
  const signingPublic = asBuffer(signingKey).toString('base64')
  if (record.some((state) => state.keyId === id && state.signingPublic === signingPublic)) return record
  const state = {
    keyId: id,
    iteration: iteration ?? 0,
    chainKey: asBuffer(chainKey).toString('base64'),
    signingPublic,
    skipped: {},
  }
  return [...record, state].slice(-MAX_STATES)
}

/** Advances `state` and returns the signed group ciphertext (`skmsg`). */
export function encryptForGroup(state: SenderKeyState, padded: Uint8Array): Buffer {
  const iteration = state.iteration
  const { key, iv } = messageKey(stepTo(state, iteration))
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const ciphertext = Buffer.concat([cipher.update(padded), cipher.final()])
  const body = proto.SenderKeyMessage.encode({ id: state.keyId, iteration, ciphertext }).finish()
  const signed = Buffer.concat([Buffer.from([VERSION]), body])
  return Buffer.concat([signed, sign(Buffer.from(state.signingPrivate!, 'base64'), signed)])
}

/** Decrypts a `skmsg` and advances the chain in `record`. Throws when the key is unknown, the counter old or the signature wrong. */
export function decryptFromGroup(record: SenderKeyRecord, message: Uint8Array): Buffer {
  const { keyId, iteration, ciphertext } = readGroupMessage(message)
  const state = record.find((candidate) => candidate.keyId === keyId)
  if (!state) throw new Error('No sender key for this message')
  if (!isSignedBy(state.signingPublic, message)) throw new Error('Invalid signature of a sender key message')
  const { key, iv } = messageKey(stepTo(state, iteration))
  const decipher = createDecipheriv('aes-256-cbc', key, iv)
  return Buffer.concat([decipher.update(ciphertext), decipher.final()])
}

/** Id of the sender key and counter of a `skmsg`. */
export function readGroupMessage(message: Uint8Array): { keyId: number; iteration: number; ciphertext: Buffer } {
  const { id, iteration, ciphertext } = proto.SenderKeyMessage.decode(message.subarray(1, -SIGNATURE_BYTES))
  if (id == null || !ciphertext) throw new Error('not a sender key message')
  return { keyId: id, iteration: iteration ?? 0, ciphertext: asBuffer(ciphertext) }
}

/** Seed of the message at `iteration`; seeds of messages that are still to come are kept. */
function stepTo(state: SenderKeyState, iteration: number): Buffer {
  if (iteration < state.iteration) {
    const seed = state.skipped[iteration]
    if (!seed) throw new Error(`Received message with old counter: ${state.iteration}, ${iteration}`)
    delete state.skipped[iteration]
    return Buffer.from(seed, 'base64')
  }
  if (iteration - state.iteration > MAX_SKIPPED) throw new Error('Over 2000 messages into the future!')
  let chainKey = Buffer.from(state.chainKey, 'base64')
  for (; state.iteration < iteration; state.iteration += 1) {
    state.skipped[state.iteration] = derive(chainKey, 1).toString('base64')
    chainKey = derive(chainKey, 2)
  }
  state.iteration += 1
  state.chainKey = derive(chainKey, 2).toString('base64')
  for (const old of Object.keys(state.skipped).slice(0, -MAX_SKIPPED)) delete state.skipped[old]
  return derive(chainKey, 1)
}

function derive(chainKey: Buffer, seed: number): Buffer<ArrayBuffer> {
  return Buffer.from(
    createHmac('sha256', chainKey)
      .update(Buffer.from([seed]))
      .digest(),
  )
}

function messageKey(seed: Buffer): { iv: Buffer; key: Buffer } {
  const derived = Buffer.from(hkdfSync('sha256', seed, Buffer.alloc(32), 'WhisperGroup', 48))
  return { iv: derived.subarray(0, 16), key: derived.subarray(16) }
}

/** All members of a group check the very same bytes against the very same key: 8 ms of JavaScript each time without this. */
const checked = new Map<string, boolean>()
const CHECKED_LIMIT = 100

function isSignedBy(signingPublic: string, message: Uint8Array): boolean {
  const bytes = asBuffer(message)
  const key = `${signingPublic} ${bytes.toString('base64')}`
  const known = checked.get(key)
  if (known !== undefined) return known
  const isValid = hasValidSignature(
    Buffer.from(signingPublic, 'base64'),
    bytes.subarray(0, -SIGNATURE_BYTES),
    bytes.subarray(-SIGNATURE_BYTES),
  )
  checked.set(key, isValid)
  if (checked.size > CHECKED_LIMIT) checked.delete(checked.keys().next().value!)
  return isValid
}
