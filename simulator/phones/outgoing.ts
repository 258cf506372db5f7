import { randomBytes } from 'node:crypto'
import { handOutPreKey } from '../protocol/encrypt-queries.ts'
import { queueForDevice } from '../protocol/push.ts'
import { activeDevices, type Device, deviceById } from '../store/devices.ts'
import type { Phone } from '../store/phones.ts'
import { sha256 } from '../store/wire-log.ts'
import { proto, type Stanza } from '../wire/codec.ts'
import { lidJid, phoneJid } from '../wire/jid.ts'
import { ProtocolAddress, SessionBuilder, SessionCipher, typedPublicKey } from '../wire/signal.ts'
import { asBuffer, bytesOf, childOf, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { pad, readContent } from './content.ts'
import { SignalStore } from './signal-store.ts'

const MAX_RESENDS = 5

export type OutgoingMessage = { whatsappId: string; plaintext: Buffer; addressing: 'pn' | 'lid' }

/** A message id of the form Android phones use. */
export function newWhatsappId(): string {
  return `3A${randomBytes(9).toString('hex').toUpperCase()}`
}

/**
 * A phone writes to another phone's account: encrypted once per linked device, and put into the primary phone's own inbox.
 * Resolves when everything is durable and, for connected devices, sent. @returns the device numbers that were written to.
 */
export async function sendFromPhone(world: World, from: Phone, to: Phone, message: OutgoingMessage): Promise<number[]> {
  return world.phoneLock.run(from.id, async () => {
    const devices = activeDevices(world.database, to.id)
    const store = new SignalStore(world.database, from)
    const stanzas: { device: Device; stanza: Stanza }[] = []
    for (const device of devices)
      stanzas.push({ device, stanza: await encryptFor(world, store, from, device, message) })
    const sends = world.database.transaction(() => {
      store.commit()
      const sql = 'INSERT INTO sent VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET plaintext = excluded.plaintext'
      world.database.run(sql, from.id, message.whatsappId, to.phone, message.plaintext, message.addressing, Date.now())
      putIntoPhone(world, from, to, message)
      return stanzas.map(({ device, stanza }) => queueForDevice(world, device.id, stanza))
    })
    for (const send of sends) send()
    return devices.map(({ device }) => device)
  })
}

/** Answers a retry receipt: new session (from the keys in the receipt, else from a fresh bundle), same id, same plaintext. */
export async function resendMessage(world: World, from: Phone, deviceId: number, receipt: Stanza): Promise<void> {
  await world.phoneLock.run(from.id, async () => {
    const { database } = world
    const whatsappId = receipt.attrs.id ?? ''
    const device = deviceById(database, deviceId)
    const sql = 'SELECT plaintext, addressing FROM sent WHERE phoneId = ? AND whatsappId = ?'
    const sent = database.get<{ plaintext: Uint8Array; addressing: 'pn' | 'lid' }>(sql, from.id, whatsappId)
    const count = Number(childOf(receipt, 'retry')?.attrs.count ?? 1)
    if (device?.status !== 'active' || !sent || count > MAX_RESENDS) return
    const store = new SignalStore(database, from)
    const keys = childOf(receipt, 'keys')
    await openSession(world, store, device, keys && keysOfReceipt(receipt, keys))
    const message = { whatsappId, plaintext: asBuffer(sent.plaintext), addressing: sent.addressing }
    const stanza = await encryptFor(world, store, from, device, message, count)
    // The nack Baileys sends after its retry receipt is still to come and means the first copy, not this one.
    const send = database.transaction(() => {
      store.commit()
      return queueForDevice(world, device.id, stanza, 1)
    })
    send()
  })
}

async function encryptFor(
  world: World,
  store: SignalStore,
  from: Phone,
  device: Device,
  message: OutgoingMessage,
  retryCount?: number,
): Promise<Stanza> {
  const address = new ProtocolAddress(device.phone, device.device)
  const session = await store.loadSession(address.toString())
  if (!session?.haveOpenSession()) await openSession(world, store, device)
  const { type, body } = await new SessionCipher(store, address).encrypt(pad(message.plaintext))
  const enc = { v: '2', type: type === 3 ? 'pkmsg' : 'msg', ...(retryCount ? { count: String(retryCount) } : {}) }
  return element(
    'message',
    { ...addressAttrs(from, message), id: message.whatsappId, t: seconds(), type: 'text', notify: from.name },
    [element('enc', enc, Buffer.from(body))],
  )
}

function addressAttrs(from: Phone, { addressing }: OutgoingMessage): Record<string, string> {
  if (addressing === 'pn') return { from: phoneJid(from.phone), sender_lid: lidJid(from.lid) }
  return { from: lidJid(from.lid), sender_pn: phoneJid(from.phone), addressing_mode: 'lid' }
}

type SessionKeys = Parameters<SessionBuilder['initOutgoing']>[0]

async function openSession(world: World, store: SignalStore, device: Device, keys?: SessionKeys): Promise<void> {
  const address = new ProtocolAddress(device.phone, device.device)
  await new SessionBuilder(store, address).initOutgoing(keys ?? keysOfDevice(world, device))
}

function keysOfDevice(world: World, { id }: Device): SessionKeys {
  const device = deviceById(world.database, id)!
  const preKey = handOutPreKey(world, device)
  return {
    registrationId: device.registrationId,
    identityKey: typedPublicKey(device.identityPublic),
    signedPreKey: {
      keyId: device.signedKeyId,
      publicKey: typedPublicKey(device.signedPublic),
      signature: asBuffer(device.signedSignature),
    },
    ...(preKey ? { preKey: { keyId: preKey.keyId, publicKey: typedPublicKey(preKey.publicKey) } } : {}),
  } as SessionKeys
}

function keysOfReceipt(receipt: Stanza, keys: Stanza): SessionKeys | undefined {
  const [key, skey] = [childOf(keys, 'key'), childOf(keys, 'skey')]
  const identity = bytesOf(keys, 'identity')
  const [signedId, signedValue, signature] = [bytesOf(skey, 'id'), bytesOf(skey, 'value'), bytesOf(skey, 'signature')]
  const [preId, preValue] = [bytesOf(key, 'id'), bytesOf(key, 'value')]
  const registration = bytesOf(receipt, 'registration')
  if (!identity || !signedId || !signedValue || !signature || !preId || !preValue || !registration) return undefined
  return {
    registrationId: registration.readUInt32BE(0),
    identityKey: typedPublicKey(identity),
    signedPreKey: { keyId: signedId.readUIntBE(0, 3), publicKey: typedPublicKey(signedValue), signature },
    preKey: { keyId: preId.readUIntBE(0, 3), publicKey: typedPublicKey(preValue) },
  }
}

/** Between two simulated phones nothing of interest is encrypted: the primary phone simply has the message. */
function putIntoPhone({ database }: World, from: Phone, to: Phone, { whatsappId, plaintext }: OutgoingMessage): void {
  const { text, type } = readContent(plaintext)
  const sql = `INSERT INTO inbox (phoneId, whatsappId, fromPhone, fromDevice, chatJid, ownCopy, text, type, rawSize, plaintext,
    plaintextSha256, duplicate, receivedAt) VALUES (?, ?, ?, 0, ?, 0, ?, ?, 0, ?, ?, 0, ?)`
  database.run(
    sql,
    to.id,
    whatsappId,
    from.phone,
    phoneJid(from.phone),
    text,
    type,
    plaintext,
    sha256(plaintext),
    Date.now(),
  )
}

/** Encrypts a message of the account's own phone to its linked device (category `peer`). Call holding the phone's lock. */
export async function encryptPeer(
  world: World,
  store: SignalStore,
  from: Phone,
  device: Device,
  message: proto.IMessage,
): Promise<Stanza> {
  const plaintext = Buffer.from(proto.Message.encode(message).finish())
  const whatsappId = newWhatsappId()
  const stanza = await encryptFor(world, store, from, device, { whatsappId, plaintext, addressing: 'pn' })
  return {
    ...stanza,
    attrs: { from: phoneJid(from.phone), id: whatsappId, t: seconds(), type: 'text', category: 'peer' },
  }
}
