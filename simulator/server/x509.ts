import {
  createECDH,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'

/** Just enough X.509 for a test CA: node:crypto reads certificates but makes none. EC P-256, SHA-256. */
export type Issuer = { name: string; privateKeyPem: string; certificatePem: string }

const SEQUENCE = 0x30
const SET = 0x31
const OID_ECDSA_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex')
const OID_COMMON_NAME = Buffer.from('0603550403', 'hex')
const OID_BASIC_CONSTRAINTS = Buffer.from('0603551d13', 'hex')
const OID_KEY_USAGE = Buffer.from('0603551d0f', 'hex')
const OID_ALTERNATIVE_NAMES = Buffer.from('0603551d11', 'hex')
const TRUE = Buffer.from('0101ff', 'hex')
const DAY_MS = 86_400_000
const VALID_DAYS = 3650

/** A self-signed root. @param seed the same seed makes the same key: who trusts one certificate of it trusts the next */
export function createAuthority(name: string, seed?: Buffer): Issuer {
  const { privateKey, publicKey } = seed ? keysOf(seed) : newKeys()
  const extensions = [
    extension(OID_BASIC_CONSTRAINTS, true, der(SEQUENCE, TRUE)),
    // keyCertSign and cRLSign.
    extension(OID_KEY_USAGE, true, Buffer.from('03020106', 'hex')),
  ]
  return {
    name,
    privateKeyPem: pemOf(privateKey),
    certificatePem: issue(name, privateKey, name, publicKey, extensions),
  }
}

/** A server certificate for these host names and IPv4 addresses, signed by `authority`. */
export function issueServerCertificate(
  authority: Issuer,
  names: string[],
  addresses: string[],
): { key: string; cert: string } {
  const { privateKey, publicKey } = newKeys()
  const alternatives = der(
    SEQUENCE,
    ...names.map((name) => der(0x82, Buffer.from(name, 'ascii'))),
    ...addresses.map((address) => der(0x87, Buffer.from(address.split('.').map(Number)))),
  )
  const extensions = [extension(OID_ALTERNATIVE_NAMES, false, alternatives)]
  const authorityKey = createPrivateKey(authority.privateKeyPem)
  const cert = issue(authority.name, authorityKey, names[0] ?? 'server', publicKey, extensions)
  return { key: pemOf(privateKey), cert }
}

function newKeys(): { privateKey: KeyObject; publicKey: KeyObject } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

function keysOf(seed: Buffer): { privateKey: KeyObject; publicKey: KeyObject } {
  const pair = createECDH('prime256v1')
  // All but one in four thousand million digests are below the order of the curve; setPrivateKey throws on those.
  pair.setPrivateKey(createHmac('sha256', seed).update('certificate authority').digest())
  const point = pair.getPublicKey()
  const text = (bytes: Buffer) => bytes.toString('base64url')
  const jwk = { kty: 'EC', crv: 'P-256', x: text(point.subarray(1, 33)), y: text(point.subarray(33)) }
  const privateKey = createPrivateKey({ key: { ...jwk, d: text(pair.getPrivateKey()) }, format: 'jwk' })
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string
}

function issue(issuer: string, key: KeyObject, subject: string, publicKey: KeyObject, extensions: Buffer[]): string {
  const algorithm = der(SEQUENCE, OID_ECDSA_SHA256)
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(15)])
  const validity = der(SEQUENCE, time(Date.now() - DAY_MS), time(Date.now() + VALID_DAYS * DAY_MS))
  const body = der(
    SEQUENCE,
    der(0xa0, Buffer.from('020102', 'hex')),
    der(0x02, serial),
    algorithm,
    nameOf(issuer),
    validity,
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }) as Buffer,
    der(0xa3, der(SEQUENCE, ...extensions)),
  )
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, key))
  const base64 = der(SEQUENCE, body, algorithm, signature).toString('base64')
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/(.{64})/g, '$1\n').trimEnd()}\n-----END CERTIFICATE-----\n`
}

function extension(oid: Buffer, isCritical: boolean, value: Buffer): Buffer {
  return der(SEQUENCE, oid, ...(isCritical ? [TRUE] : []), der(0x04, value))
}

function nameOf(commonName: string): Buffer {
  return der(SEQUENCE, der(SET, der(SEQUENCE, OID_COMMON_NAME, der(0x0c, Buffer.from(commonName)))))
}

function time(at: number): Buffer {
  const text = new Date(at).toISOString().replace(/[-:T]/g, '').slice(2, 14)
  return der(0x17, Buffer.from(`${text}Z`, 'ascii'))
}

/** One DER element: tag, length, content. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content])
  const length = Buffer.from(content.length.toString(16).padStart(content.length > 0xff ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content])
}
