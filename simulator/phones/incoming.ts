import { reportFailure } from '../report.ts'
import { type Device, deviceById } from '../store/devices.ts'
import { type Phone, phoneById } from '../store/phones.ts'
import { dropQueuedMessage, hasGroupPart, nextQueuedMessage, type QueuedMessage } from '../store/queue.ts'
import { recordViolation } from '../store/violations.ts'
import { noteDecryption, sha256 } from '../store/wire-log.ts'
import { withoutDevice } from '../wire/jid.ts'
import { acceptDistribution, decryptFromGroup, readGroupMessage } from '../wire/sender-keys.ts'
import { ProtocolAddress, type RatchetPosition, ratchetPosition, SessionCipher } from '../wire/signal.ts'
import { asBuffer } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { decodeMessage, readContent, unpad } from './content.ts'
import type { AfterCommit, Reading } from './reading.ts'
import { confirmDelivery, queueRetryReceipt } from './receipts.ts'
import { loadSenderKeys, storeSenderKeys } from './sender-key-store.ts'
import { SignalStore } from './signal-store.ts'

/** Lets a phone read everything that waits for it, in order, in the background. An offline phone leaves it waiting. */
export function drainPhone(world: World, phoneId: number): void {
  const drained = world.phoneLock.run(phoneId, async () => {
    for (;;) {
      const phone = phoneById(world.database, phoneId)
      const message = phone?.online ? nextQueuedMessage(world.database, phoneId) : undefined
      if (!phone || !message) return
      await readMessage(world, phone, message)
    }
  })
  drained.catch((error: unknown) => reportFailure(`reading the messages of phone ${phoneId}`, error))
}

type KnownCiphertext = { sha256: string; whatsappId: string; plaintextSha256: string }

async function readMessage(world: World, phone: Phone, message: QueuedMessage): Promise<void> {
  const ciphertext = asBuffer(message.ciphertext)
  const sender = deviceById(world.database, message.senderDeviceId)!
  const reading: Reading = { phone, sender, message, ciphertextSha256: sha256(ciphertext) }
  const position = positionOf(reading, ciphertext)
  const known = position && findCiphertext(world, phone, position)
  if (known?.sha256 === reading.ciphertextSha256) {
    commit(world, () => acceptDuplicate(world, reading, known))
    return
  }
  if (position && known) recordReuse(world, reading, position, known)
  const result = await decrypt(world, reading, ciphertext)
  commit(world, () => {
    if (result instanceof Error) return refuse(world, reading, result)
    result.commit()
    if (position) rememberCiphertext(world, reading, position, result.plaintext)
    return accept(world, reading, result.plaintext)
  })
}

/** Where in a chain this ciphertext stands; undefined for bytes that are no Signal message at all. */
function positionOf({ sender, message }: Reading, ciphertext: Buffer): RatchetPosition | undefined {
  if (message.encType !== 'skmsg') return ratchetPosition(message.encType, ciphertext)
  try {
    const { keyId, iteration } = readGroupMessage(ciphertext)
    return { ratchetKey: `${message.chatJid}::${ownerOf(sender)}::${keyId}`, counter: iteration }
  } catch {
    // Not a sender key message: decryption will say so and ask for a retry.
    return undefined
  }
}

/** `commit` writes the advanced keys: call it in the transaction that stores what was read. */
type Decrypted = { plaintext: Buffer; commit(): void }

/** The decrypted protobuf without its padding, or why there is none. */
async function decrypt({ database }: World, reading: Reading, ciphertext: Buffer): Promise<Decrypted | Error> {
  const { phone, sender, message } = reading
  try {
    if (message.encType === 'skmsg') {
      const record = loadSenderKeys(database, phone.id, message.chatJid, ownerOf(sender))
      const plaintext = unpad(decryptFromGroup(record, ciphertext))
      return {
        plaintext,
        commit: () => storeSenderKeys(database, phone.id, message.chatJid, ownerOf(sender), record),
      }
    }
    const store = new SignalStore(database, phone)
    const cipher = new SessionCipher(store, new ProtocolAddress(sender.phone, sender.device))
    const padded =
      message.encType === 'pkmsg'
        ? await cipher.decryptPreKeyWhisperMessage(ciphertext)
        : await cipher.decryptWhisperMessage(ciphertext)
    return { plaintext: unpad(padded), commit: () => store.commit() }
  } catch (error) {
    return error as Error
  }
}

function ownerOf({ phone, device }: Device): string {
  return `${phone}.${device}`
}

/** The sending happens in the same turn as the commit: later, a queue being delivered might have sent the same stanza. */
function commit({ database }: World, work: () => AfterCommit): void {
  database.transaction(work)()
}

function findCiphertext({ database }: World, phone: Phone, position: RatchetPosition): KnownCiphertext | undefined {
  const sql = `SELECT sha256, whatsappId, plaintextSha256 FROM ciphertexts
    WHERE phoneId = ? AND ratchetKey = ? AND counter = ?`
  return database.get<KnownCiphertext>(sql, phone.id, position.ratchetKey, position.counter)
}

function rememberCiphertext({ database }: World, reading: Reading, position: RatchetPosition, plaintext: Buffer): void {
  const { phone, message, ciphertextSha256 } = reading
  const where = [phone.id, position.ratchetKey, position.counter]
  const sql = 'INSERT OR IGNORE INTO ciphertexts VALUES (?, ?, ?, ?, ?, ?)'
  database.run(sql, ...where, ciphertextSha256, message.whatsappId, sha256(plaintext))
}

function recordReuse(
  { database }: World,
  reading: Reading,
  { counter }: RatchetPosition,
  known: KnownCiphertext,
): void {
  const { sender, message } = reading
  const { namespace, phone, device } = sender
  const { frame, whatsappId } = message
  const detail = `message ${whatsappId}: counter ${counter} was used before, for other bytes (message ${known.whatsappId})`
  recordViolation(database, { namespace, kind: 'ratchet_counter_reused', phone, device, frame, detail })
}

function accept(world: World, reading: Reading, plaintext: Buffer): AfterCommit {
  const { database } = world
  const { phone, sender, message, ciphertextSha256 } = reading
  const keyOnly = takeSenderKey(world, reading, plaintext)
  if (!keyOnly) insertInboxRow(world, reading, plaintext, false)
  noteDecryption(database, message.frame, ciphertextSha256, { plaintextSha256: sha256(plaintext) })
  dropQueuedMessage(database, message.seq)
  const sql = 'DELETE FROM retries WHERE phoneId = ? AND deviceId = ? AND whatsappId = ?'
  if (keyOnly) return () => {}
  database.run(sql, phone.id, sender.id, message.whatsappId)
  return confirmDelivery(world, reading)
}

/** Keeps the sender key a message brings along. @returns true if it brought nothing else */
function takeSenderKey({ database }: World, { phone, sender }: Reading, plaintext: Buffer): boolean {
  const { senderKeyDistributionMessage: key, messageContextInfo: _context, ...rest } = decodeMessage(plaintext)
  if (!key?.groupId || !key.axolotlSenderKeyDistributionMessage) return false
  const record = loadSenderKeys(database, phone.id, key.groupId, ownerOf(sender))
  const next = acceptDistribution(record, key.axolotlSenderKeyDistributionMessage)
  storeSenderKeys(database, phone.id, key.groupId, ownerOf(sender), next)
  return Object.keys(rest).length === 0
}

/** The very bytes this phone has decrypted before, sent again by a client that never saw our ack: a real phone drops them. */
function acceptDuplicate(world: World, reading: Reading, { plaintextSha256 }: KnownCiphertext): AfterCommit {
  const { database } = world
  const { phone, message, ciphertextSha256 } = reading
  const sql = 'SELECT plaintext FROM inbox WHERE phoneId = ? AND plaintextSha256 = ? ORDER BY seq LIMIT 1'
  const first = database.get<{ plaintext: Uint8Array }>(sql, phone.id, plaintextSha256)
  if (first) insertInboxRow(world, reading, asBuffer(first.plaintext), true)
  noteDecryption(database, message.frame, ciphertextSha256, { plaintextSha256, duplicate: true })
  dropQueuedMessage(database, message.seq)
  return first ? confirmDelivery(world, reading) : () => {}
}

function refuse(world: World, reading: Reading, error: Error): AfterCommit {
  const { message, ciphertextSha256 } = reading
  noteDecryption(world.database, message.frame, ciphertextSha256, { decryptError: error.message })
  dropQueuedMessage(world.database, message.seq)
  // Without this sender key the message itself, which comes next, cannot be read either: one request for both.
  if (hasGroupPart(world.database, message)) return () => {}
  return queueRetryReceipt(world, reading)
}

function insertInboxRow({ database }: World, reading: Reading, plaintext: Buffer, duplicate: boolean): void {
  const { phone, sender, message } = reading
  const content = readContent(plaintext)
  const isOwnCopy = content.isOwnCopy || phone.id === sender.phoneId
  const isRead = phone.readReceipts === 'auto' && !isOwnCopy
  const chat = content.chatJid ?? withoutDevice(message.chatJid)
  const who = [phone.id, message.whatsappId, sender.phone, sender.device, sender.id, chat, Number(isOwnCopy)]
  const what = [content.text, content.type, message.frame, message.ciphertext.length, plaintext, sha256(plaintext)]
  const sql = `INSERT INTO inbox (phoneId, whatsappId, fromPhone, fromDevice, senderDeviceId, chatJid, ownCopy, text, type,
    frame, rawSize, plaintext, plaintextSha256, duplicate, read, receivedAt)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
  database.run(sql, ...who, ...what, Number(duplicate), Number(isRead), Date.now())
}
