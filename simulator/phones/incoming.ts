import { queueForDevice } from '../protocol/push.ts'
import { type Device, deviceById } from '../store/devices.ts'
import { mintPreKey, type Phone, phoneById } from '../store/phones.ts'
import { dropQueuedMessage, nextQueuedMessage, type QueuedMessage } from '../store/queue.ts'
import { recordViolation } from '../store/violations.ts'
import { noteDecryption, sha256 } from '../store/wire-log.ts'
import { proto } from '../wire/codec.ts'
import { phoneJid, withoutDevice } from '../wire/jid.ts'
import { ProtocolAddress, ratchetPosition, SessionCipher } from '../wire/signal.ts'
import { asBuffer, bigEndian, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { readContent, unpad } from './content.ts'
import { SignalStore } from './signal-store.ts'

const MAX_RETRIES = 5

/** Lets a phone read everything that waits for it, in order. An offline phone leaves it waiting. */
export function drainPhone(world: World, phoneId: number): Promise<void> {
  return world.phoneLock.run(phoneId, async () => {
    for (;;) {
      const phone = phoneById(world.database, phoneId)
      const message = phone?.online ? nextQueuedMessage(world.database, phoneId) : undefined
      if (!phone || !message) return
      const send = await readMessage(world, phone, message)
      send()
    }
  })
}

async function readMessage(world: World, phone: Phone, message: QueuedMessage): Promise<() => void> {
  const { database } = world
  const sender = deviceById(database, message.senderDeviceId)!
  const ciphertext = asBuffer(message.ciphertext)
  const ciphertextSha = sha256(ciphertext)
  const position = ratchetPosition(message.encType, ciphertext)
  const known = position && findCiphertext(world, phone.id, position.ratchetKey, position.counter)
  if (known?.sha256 === ciphertextSha)
    return acceptDuplicate(world, phone, sender, message, ciphertextSha, known.plaintextSha256)
  if (known) {
    const detail = `message ${message.whatsappId}: counter ${position!.counter} was used before, for other bytes (message ${known.whatsappId})`
    const { namespace, phone: number, device } = sender
    recordViolation(database, {
      namespace,
      kind: 'ratchet_counter_reused',
      phone: number,
      device,
      frame: message.frame,
      detail,
    })
  }
  const store = new SignalStore(database, phone)
  try {
    const cipher = new SessionCipher(store, new ProtocolAddress(sender.phone, sender.device))
    const padded = await (message.encType === 'pkmsg'
      ? cipher.decryptPreKeyWhisperMessage(ciphertext)
      : cipher.decryptWhisperMessage(ciphertext))
    const plaintext = unpad(padded)
    return database.transaction(() => {
      store.commit()
      if (position) {
        const sql = 'INSERT OR IGNORE INTO ciphertexts VALUES (?, ?, ?, ?, ?, ?)'
        database.run(
          sql,
          phone.id,
          position.ratchetKey,
          position.counter,
          ciphertextSha,
          message.whatsappId,
          sha256(plaintext),
        )
      }
      return acceptMessage(world, phone, sender, message, ciphertextSha, plaintext)
    })
  } catch (error) {
    return database.transaction(() => askForRetry(world, phone, sender, message, ciphertextSha, error as Error))
  }
}

type KnownCiphertext = { sha256: string; whatsappId: string; plaintextSha256: string }

function findCiphertext(
  { database }: World,
  phoneId: number,
  ratchetKey: string,
  counter: number,
): KnownCiphertext | undefined {
  const sql =
    'SELECT sha256, whatsappId, plaintextSha256 FROM ciphertexts WHERE phoneId = ? AND ratchetKey = ? AND counter = ?'
  return database.get<KnownCiphertext>(sql, phoneId, ratchetKey, counter)
}

function acceptMessage(
  world: World,
  phone: Phone,
  sender: Device,
  message: QueuedMessage,
  sha: string,
  plaintext: Buffer,
): () => void {
  const { database } = world
  insertInboxRow(world, phone, sender, message, plaintext, false)
  noteDecryption(database, message.frame, sha, { plaintextSha256: sha256(plaintext) })
  dropQueuedMessage(database, message.seq)
  database.run(
    'DELETE FROM retries WHERE phoneId = ? AND deviceId = ? AND whatsappId = ?',
    phone.id,
    sender.id,
    message.whatsappId,
  )
  return confirmDelivery(world, phone, sender, message)
}

/** The very bytes this phone has decrypted before, sent again by a client that never saw our ack: a real phone drops them. */
function acceptDuplicate(
  world: World,
  phone: Phone,
  sender: Device,
  message: QueuedMessage,
  sha: string,
  plaintextSha256: string,
): () => void {
  const { database } = world
  return database.transaction(() => {
    const sql = 'SELECT plaintext FROM inbox WHERE phoneId = ? AND plaintextSha256 = ? ORDER BY seq LIMIT 1'
    const first = database.get<{ plaintext: Uint8Array }>(sql, phone.id, plaintextSha256)
    if (first) insertInboxRow(world, phone, sender, message, asBuffer(first.plaintext), true)
    noteDecryption(database, message.frame, sha, { plaintextSha256, duplicate: true })
    dropQueuedMessage(database, message.seq)
    return confirmDelivery(world, phone, sender, message)
  })
}

function insertInboxRow(
  { database }: World,
  phone: Phone,
  sender: Device,
  message: QueuedMessage,
  plaintext: Buffer,
  duplicate: boolean,
): void {
  const content = readContent(plaintext)
  const sql = `INSERT INTO inbox (phoneId, whatsappId, fromPhone, fromDevice, senderDeviceId, chatJid, ownCopy, text, type, frame, rawSize,
    plaintext, plaintextSha256, duplicate, read, receivedAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
  const isRead = phone.readReceipts === 'auto' && !content.isOwnCopy
  const chat = content.chatJid ?? withoutDevice(message.chatJid)
  const who = [phone.id, message.whatsappId, sender.phone, sender.device, sender.id, chat, Number(content.isOwnCopy)]
  const what = [
    content.text,
    content.type,
    message.frame,
    message.ciphertext.length,
    plaintext,
    sha256(plaintext),
    Number(duplicate),
  ]
  database.run(sql, ...who, ...what, Number(isRead), Date.now())
}

/** Receipts a phone sends by itself. It sends none for a copy of what its own device wrote, nor for peer messages. */
function confirmDelivery(world: World, phone: Phone, sender: Device, message: QueuedMessage): () => void {
  const sends: (() => void)[] = []
  if (phone.id !== sender.phoneId && message.category !== 'peer') {
    if (phone.deliveryReceipts) sends.push(queueReceipt(world, sender, message.whatsappId, message.chatJid))
    if (phone.readReceipts === 'auto')
      sends.push(queueReceipt(world, sender, message.whatsappId, message.chatJid, 'read'))
  }
  return () => sends.forEach((send) => void send())
}

/** Queues a receipt of the chat `chatJid` for the device that wrote the message. Call inside a transaction. */
export function queueReceipt(
  world: World,
  sender: Device,
  whatsappId: string,
  chatJid: string,
  type?: 'read',
): () => void {
  if (sender.status !== 'active') return () => {}
  const attrs = { id: whatsappId, from: withoutDevice(chatJid), t: seconds(), ...(type ? { type } : {}) }
  return queueForDevice(world, sender.id, element('receipt', attrs))
}

function askForRetry(
  world: World,
  phone: Phone,
  sender: Device,
  message: QueuedMessage,
  sha: string,
  error: Error,
): () => void {
  const { database } = world
  dropQueuedMessage(database, message.seq)
  noteDecryption(database, message.frame, sha, { decryptError: error.message })
  const sql = `INSERT INTO retries VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count`
  const { count } = database.get<{ count: number }>(sql, phone.id, sender.id, message.whatsappId)!
  if (count > MAX_RETRIES || sender.status !== 'active') return () => {}
  const isOwn = phone.id === sender.phoneId
  const attrs = {
    id: message.whatsappId,
    from: isOwn ? phoneJid(phone.phone) : withoutDevice(message.chatJid),
    type: 'retry',
    t: seconds(),
    ...(isOwn ? { recipient: message.chatJid } : {}),
  }
  const retry = element('retry', { count: String(count), id: message.whatsappId, t: seconds(), v: '1' })
  const content = [retry, element('registration', {}, bigEndian(phone.registrationId, 4))]
  if (count > 1) content.push(ownKeys(world, phone))
  return queueForDevice(world, sender.id, element('receipt', attrs, content))
}

function ownKeys({ database }: World, phone: Phone) {
  const { keyId, pair } = mintPreKey(database, phone.id)
  const identity = asBuffer(phone.identityPublic).subarray(1)
  const account = proto.ADVSignedDeviceIdentity.encode({ accountSignatureKey: identity }).finish()
  return element('keys', {}, [
    element('type', {}, Buffer.from([5])),
    element('identity', {}, identity),
    element('key', {}, [element('id', {}, bigEndian(keyId, 3)), element('value', {}, pair.rawPublicKey)]),
    element('skey', {}, [
      element('id', {}, bigEndian(phone.signedKeyId, 3)),
      element('value', {}, asBuffer(phone.signedPublic).subarray(1)),
      element('signature', {}, asBuffer(phone.signedSignature)),
    ]),
    element('device-identity', {}, account),
  ])
}
