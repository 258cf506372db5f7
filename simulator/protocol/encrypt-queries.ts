import type { Connection } from '../server/connection.ts'
import { activeDevices, type Device, deviceById } from '../store/devices.ts'
import { mintPreKey, type Phone } from '../store/phones.ts'
import { countPreKeys, type PublicPreKey, storePreKeys, takePreKey } from '../store/pre-keys.ts'
import { recordViolation } from '../store/violations.ts'
import type { Stanza } from '../wire/codec.ts'
import { parseJid, SERVER } from '../wire/jid.ts'
import { asBuffer, bigEndian, bytesOf, childOf, childrenOf, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { findAddressee } from './addressee.ts'
import type { Answer } from './answer.ts'

const KEY_TYPE = Buffer.from([5])
const LOW_PRE_KEYS = 5

/** xmlns `encrypt`: pre-key count, upload, digest, signed pre-key rotation, and bundles of others. */
export function answerEncryptQuery(
  world: World,
  connection: Connection,
  device: Device,
  stanza: Stanza,
  frame: number,
): Answer {
  const { database } = world
  if (childOf(stanza, 'count'))
    return { content: [element('count', { value: String(countPreKeys(database, device.id)) })] }
  if (childOf(stanza, 'digest')) return digest(world, device)
  if (childOf(stanza, 'key')) return answerBundles(world, device, childOf(stanza, 'key')!)
  const rotation = childOf(stanza, 'rotate')
  if (rotation) return rotateSignedKey(world, connection, device, childOf(rotation, 'skey'))
  if (childOf(stanza, 'list')) return takeUpload(world, connection, device, stanza, frame)
  return { error: 400, text: 'bad-request' }
}

function takeUpload(
  { database }: World,
  connection: Connection,
  device: Device,
  stanza: Stanza,
  frame: number,
): Answer {
  const identity = bytesOf(stanza, 'identity')
  if (!identity?.equals(asBuffer(device.identityPublic))) return { error: 406, text: 'not-acceptable' }
  const keys = childrenOf(childOf(stanza, 'list'), 'key').map((key): PublicPreKey | undefined => {
    const [id, publicKey] = [bytesOf(key, 'id'), bytesOf(key, 'value')]
    return id?.length === 3 && publicKey?.length === 32 ? { keyId: id.readUIntBE(0, 3), publicKey } : undefined
  })
  if (keys.some((key) => key === undefined)) return { error: 400, text: 'bad-request' }
  const reused = storePreKeys(database, device.id, keys as PublicPreKey[])
  if (reused.length > 0) {
    const { namespace, phone, device: number } = device
    const detail = `pre-key ids uploaded before with another key: ${reused.slice(0, 10).join(', ')} (${reused.length} in all)`
    recordViolation(database, { namespace, kind: 'pre_key_reused', phone, device: number, frame, detail })
  }
  storeSignedKey(database, connection, device, childOf(stanza, 'skey'))
  return {}
}

function rotateSignedKey(
  { database }: World,
  connection: Connection,
  device: Device,
  skey: Stanza | undefined,
): Answer {
  return storeSignedKey(database, connection, device, skey) ? {} : { error: 400, text: 'bad-request' }
}

function storeSignedKey(
  database: World['database'],
  connection: Connection,
  device: Device,
  skey: Stanza | undefined,
): boolean {
  const [id, value, signature] = [bytesOf(skey, 'id'), bytesOf(skey, 'value'), bytesOf(skey, 'signature')]
  if (id?.length !== 3 || value?.length !== 32 || signature?.length !== 64) return false
  const sql = 'UPDATE devices SET signedKeyId = ?, signedPublic = ?, signedSignature = ? WHERE id = ?'
  database.run(sql, id.readUIntBE(0, 3), value, signature, device.id)
  connection.device = deviceById(database, device.id)!
  return true
}

function digest({ database }: World, { id }: Device): Answer {
  const device = deviceById(database, id)!
  return {
    content: [
      element('digest', {}, [
        element('registration', {}, bigEndian(device.registrationId, 4)),
        element('type', {}, KEY_TYPE),
        element('identity', {}, asBuffer(device.identityPublic)),
        element('skey', {}, [element('id', {}, bigEndian(device.signedKeyId, 3))]),
      ]),
    ],
  }
}

function answerBundles(world: World, asking: Device, query: Stanza): Answer {
  const users = childrenOf(query, 'user').map(({ attrs }) => {
    const jid = parseJid(attrs.jid)
    const phone = jid && findAddressee(world, asking.namespace, jid)
    const bundle = phone && (jid.device === 0 ? phoneBundle(world, phone) : deviceBundle(world, phone, jid.device))
    const content = bundle ?? [element('error', { code: '404', text: 'item-not-found' })]
    return element('user', { jid: attrs.jid ?? '', t: seconds() }, content)
  })
  return { content: [element('list', {}, users)] }
}

function phoneBundle({ database }: World, phone: Phone): Stanza[] {
  const { keyId, pair } = mintPreKey(database, phone.id)
  const identity = asBuffer(phone.identityPublic).subarray(1)
  const skey = {
    id: phone.signedKeyId,
    value: asBuffer(phone.signedPublic).subarray(1),
    signature: asBuffer(phone.signedSignature),
  }
  return bundle(phone.registrationId, identity, skey, { keyId, publicKey: pair.rawPublicKey })
}

function deviceBundle(world: World, phone: Phone, number: number): Stanza[] | undefined {
  const device = activeDevices(world.database, phone.id).find((candidate) => candidate.device === number)
  if (!device) return undefined
  const skey = {
    id: device.signedKeyId,
    value: asBuffer(device.signedPublic),
    signature: asBuffer(device.signedSignature),
  }
  const key = handOutPreKey(world, device)
  const stanzas = bundle(device.registrationId, asBuffer(device.identityPublic), skey, key)
  return [...stanzas, element('device-identity', {}, asBuffer(device.account))]
}

/** Takes one of the device's pre-keys; tells the device when it runs low. */
export function handOutPreKey({ database, connections }: World, device: Device): PublicPreKey | undefined {
  const key = takePreKey(database, device.id)
  const left = countPreKeys(database, device.id)
  const connection = connections.ofDevice(device.id)
  if (left < LOW_PRE_KEYS && connection?.isActive) {
    const attrs = { from: SERVER, type: 'encrypt', id: connection.nextId(), t: seconds() }
    connection.send(element('notification', attrs, [element('count', { value: String(left) })]))
  }
  return key
}

type SignedKey = { id: number; value: Buffer; signature: Buffer }

function bundle(registrationId: number, identity: Buffer, skey: SignedKey, key: PublicPreKey | undefined): Stanza[] {
  const stanzas = [
    element('registration', {}, bigEndian(registrationId, 4)),
    element('type', {}, KEY_TYPE),
    element('identity', {}, identity),
    element('skey', {}, [
      element('id', {}, bigEndian(skey.id, 3)),
      element('value', {}, skey.value),
      element('signature', {}, skey.signature),
    ]),
  ]
  if (key)
    stanzas.push(element('key', {}, [element('id', {}, bigEndian(key.keyId, 3)), element('value', {}, key.publicKey)]))
  return stanzas
}
