import { randomBytes } from 'node:crypto'
import { queueForDevice } from '../protocol/push.ts'
import { activeDevices, type Device, deviceById } from '../store/devices.ts'
import type { Phone } from '../store/phones.ts'
import { confirmStanza } from '../store/queue.ts'
import { sha256 } from '../store/wire-log.ts'
import { proto, type Stanza } from '../wire/codec.ts'
import { phoneJid } from '../wire/jid.ts'
import { distributionMessage } from '../wire/sender-keys.ts'
import { asBuffer, childOf } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { readContent } from './content.ts'
import { ownSenderKey } from './sender-key-store.ts'
import { encryptFor, keysOfReceipt, type OutgoingMessage, openSession } from './sessions.ts'
import { SignalStore } from './signal-store.ts'

const MAX_RESENDS = 5
const BATCH_SIZE = 250

/** A message id of the form Android phones use. */
export function newWhatsappId(): string {
  return `3A${randomBytes(9).toString('hex').toUpperCase()}`
}

/**
 * A phone writes to another phone's account: encrypted once per linked device, and put into the primary phone's own inbox.
 * Resolves when everything is durable and, for connected devices, sent. @returns the device numbers that were written to.
 */
export async function sendFromPhone(world: World, from: Phone, to: Phone, message: OutgoingMessage): Promise<number[]> {
  const devices = activeDevices(world.database, to.id)
  await world.phoneLock.run(from.id, async () => {
    await sendToDevices(world, from, devices, [message], () => putIntoPhone(world, from, to, message))
  })
  return devices.map(({ device }) => device)
}

/** Like sendFromPhone for many messages at once, a few hundred per transaction. */
export async function sendManyFromPhone(
  world: World,
  from: Phone,
  to: Phone,
  messages: OutgoingMessage[],
): Promise<number[]> {
  const devices = activeDevices(world.database, to.id)
  for (let first = 0; first < messages.length; first += BATCH_SIZE) {
    const batch = messages.slice(first, first + BATCH_SIZE)
    await world.phoneLock.run(from.id, async () => {
      await sendToDevices(world, from, devices, batch, () => {
        for (const message of batch) putIntoPhone(world, from, to, message)
      })
    })
  }
  return devices.map(({ device }) => device)
}

/** Encrypts and queues messages for devices; `alongside` joins the transaction. Call holding the phone's lock. */
export async function sendToDevices(
  world: World,
  from: Phone,
  devices: Device[],
  messages: OutgoingMessage[],
  alongside: () => void,
): Promise<void> {
  const { database } = world
  const store = new SignalStore(database, from)
  const copies: { device: Device; stanza: Stanza }[] = []
  for (const message of messages)
    for (const device of devices) copies.push({ device, stanza: await encryptFor(world, store, from, device, message) })
  const sends = database.transaction(() => {
    store.commit()
    alongside()
    for (const message of messages) rememberSent(database, from.id, message)
    return copies.map(({ device, stanza }) => queueForDevice(world, device.id, stanza))
  })
  for (const send of sends) send()
}

/** A phone keeps what it sent: a device that could not decrypt it may ask again. */
export function rememberSent(database: World['database'], phoneId: number, message: OutgoingMessage): void {
  const { whatsappId, plaintext, addressing, category, chatJid = '' } = message
  const sql = `INSERT INTO sent (phoneId, whatsappId, plaintext, addressing, category, chatJid, sentAt)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET plaintext = excluded.plaintext`
  database.run(sql, phoneId, whatsappId, plaintext, addressing, category, chatJid, Date.now())
}

type SentRow = { plaintext: Uint8Array; addressing: 'pn' | 'lid'; category: '' | 'peer'; chatJid: string }

/**
 * Answers a retry receipt: new session (from the keys in the receipt, else from a fresh bundle), same id, same plaintext. The
 * first copy leaves the queue only together with the second one's arrival there.
 */
export async function resendMessage(world: World, from: Phone, deviceId: number, receipt: Stanza): Promise<void> {
  await world.phoneLock.run(from.id, async () => {
    const { database } = world
    const whatsappId = receipt.attrs.id ?? ''
    const forgetFirstCopy = () => confirmStanza(database, deviceId, 'message', whatsappId, null, false)
    const device = deviceById(database, deviceId)
    const sql = 'SELECT plaintext, addressing, category, chatJid FROM sent WHERE phoneId = ? AND whatsappId = ?'
    const sent = database.get<SentRow>(sql, from.id, whatsappId)
    const count = Number(childOf(receipt, 'retry')?.attrs.count ?? 1)
    if (device?.status !== 'active' || !sent || count > MAX_RESENDS) {
      forgetFirstCopy()
      return
    }
    const store = new SignalStore(database, from)
    await openSession(world, store, device, keysOfReceipt(receipt))
    const message = { ...sent, whatsappId, plaintext: withSenderKey(database, from.id, sent) }
    const stanza = await encryptFor(world, store, from, device, message, count)
    const send = database.transaction(() => {
      store.commit()
      forgetFirstCopy()
      // The nack Baileys sends after its retry receipt is still to come and means the first copy, not this one.
      return queueForDevice(world, device.id, stanza, 1)
    })
    send()
  })
}

/** In a group the copy that is sent again to one device carries the sender key along. */
function withSenderKey(database: World['database'], phoneId: number, { chatJid, plaintext }: SentRow): Buffer {
  const bytes = asBuffer(plaintext)
  if (!chatJid) return bytes
  const key = distributionMessage(ownSenderKey(database, phoneId, chatJid))
  const fields = { groupId: chatJid, axolotlSenderKeyDistributionMessage: key }
  // Protobuf fields may follow in any order: what is appended becomes part of the message.
  return Buffer.concat([bytes, proto.Message.encode({ senderKeyDistributionMessage: fields }).finish()])
}

/** Between two simulated phones nothing of interest is encrypted: the primary phone simply has the message. */
export function putIntoPhone({ database }: World, from: Phone, to: Phone, message: OutgoingMessage): void {
  const { whatsappId, plaintext, chatJid } = message
  const { text, type } = readContent(plaintext)
  const sql = `INSERT INTO inbox (phoneId, whatsappId, fromPhone, fromDevice, chatJid, ownCopy, text, type, rawSize, plaintext,
    plaintextSha256, duplicate, receivedAt) VALUES (?, ?, ?, 0, ?, 0, ?, ?, 0, ?, ?, 0, ?)`
  database.run(
    sql,
    to.id,
    whatsappId,
    from.phone,
    chatJid || phoneJid(from.phone),
    text,
    type,
    plaintext,
    sha256(plaintext),
    Date.now(),
  )
}
