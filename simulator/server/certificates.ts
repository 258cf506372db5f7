import type { Database } from '../store/database.ts'
import { proto } from '../wire/codec.ts'
import { generateKeyPair, type KeyPair, keyPairOf, sign } from '../wire/signal.ts'
import { asBuffer } from '../wire/stanza.ts'

/** The server's Noise key and the chain that vouches for it. `trustRoot` is the 32 raw bytes a client has to trust. */
export type ServerIdentity = { noiseKey: KeyPair; trustRoot: Buffer; chain: Buffer; forgedChain: Buffer }

const ISSUER_SERIAL_OF_ROOT = 0
const INTERMEDIATE_SERIAL = 1
const LEAF_SERIAL = 2
const YEARS_10_SECONDS = 10 * 365 * 86_400

/** Root, intermediate and leaf live as long as the data file: a client keeps trusting a restarted simulator. */
/** @param rootKey private key of a root that clients trust already; else one is made and kept */
export function loadServerIdentity(database: Database, rootKey?: Buffer): ServerIdentity {
  const root = rootKey ? keyPairOf(rootKey) : loadPair(database, 'root')
  const intermediate = loadPair(database, 'intermediate')
  const noiseKey = loadPair(database, 'leaf')
  return {
    noiseKey,
    trustRoot: root.rawPublicKey,
    chain: issueChain(root, intermediate, noiseKey),
    forgedChain: issueChain(generateKeyPair(), intermediate, noiseKey),
  }
}

function issueChain(root: KeyPair, intermediate: KeyPair, leaf: KeyPair): Buffer {
  return Buffer.from(
    proto.CertChain.encode({
      intermediate: issue(root, intermediate.rawPublicKey, INTERMEDIATE_SERIAL, ISSUER_SERIAL_OF_ROOT),
      leaf: issue(intermediate, leaf.rawPublicKey, LEAF_SERIAL, INTERMEDIATE_SERIAL),
    }).finish(),
  )
}

function issue(issuer: KeyPair, key: Buffer, serial: number, issuerSerial: number) {
  const now = Math.floor(Date.now() / 1000)
  const fields = { serial, issuerSerial, key, notBefore: now - 86_400, notAfter: now + YEARS_10_SECONDS }
  const details = proto.CertChain.NoiseCertificate.Details.encode(fields).finish()
  return { details, signature: sign(issuer.privateKey, details) }
}

function loadPair(database: Database, name: string): KeyPair {
  const key = `certificate-${name}`
  const row = database.get<{ value: Uint8Array }>('SELECT value FROM meta WHERE key = ?', key)
  if (row) {
    const bytes = asBuffer(row.value)
    return { privateKey: bytes.subarray(0, 32), publicKey: bytes.subarray(32), rawPublicKey: bytes.subarray(33) }
  }
  const pair = generateKeyPair()
  database.run('INSERT INTO meta VALUES (?, ?)', key, Buffer.concat([pair.privateKey, pair.publicKey]))
  return pair
}
