import { memberJid } from '../protocol/groups/describe.ts'
import { queueForDevice } from '../protocol/push.ts'
import type { Device } from '../store/devices.ts'
import { findGroup } from '../store/groups.ts'
import { mintPreKey, type Phone } from '../store/phones.ts'
import { proto, type Stanza } from '../wire/codec.ts'
import { isMany, phoneJid, withoutDevice } from '../wire/jid.ts'
import { asBuffer, bigEndian, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import type { AfterCommit, Reading } from './reading.ts'

const MAX_RETRIES = 5

/** Receipts a phone sends by itself. It sends none for a copy of what its own device wrote, nor for peer messages. */
export function confirmDelivery(world: World, { phone, sender, message }: Reading): AfterCommit {
  if (phone.id === sender.phoneId || message.category === 'peer') return () => {}
  const { whatsappId, chatJid } = message
  const sends: AfterCommit[] = []
  if (phone.deliveryReceipts) sends.push(queueReceipt(world, phone, sender, whatsappId, chatJid))
  if (phone.readReceipts === 'auto') sends.push(queueReceipt(world, phone, sender, whatsappId, chatJid, 'read'))
  return () => {
    for (const send of sends) send()
  }
}

/** Queues a receipt of the chat `chatJid` for the device that wrote the message. Call inside a transaction. */
export function queueReceipt(
  world: World,
  reader: Phone,
  sender: Device,
  whatsappId: string,
  chatJid: string,
  type?: 'read' | 'played',
): AfterCommit {
  if (sender.status !== 'active') return () => {}
  const from = addressOfReader(world, reader, chatJid)
  const attrs = { id: whatsappId, ...from, t: seconds(), ...(type ? { type } : {}) }
  return queueForDevice(world, sender.id, element('receipt', attrs))
}

/** In a group the chat speaks and the reader stands beside it; in a chat of two the chat is the reader. */
function addressOfReader({ database }: World, reader: Phone, chatJid: string): Record<string, string> {
  if (!isMany(chatJid)) return { from: withoutDevice(chatJid) }
  const group = findGroup(database, reader.namespace, chatJid)
  return { from: chatJid, participant: memberJid(group?.addressing ?? reader.addressing, reader) }
}

/** Asks the sender to encrypt the message again; from the second time on with fresh keys. Call inside a transaction. */
export function queueRetryReceipt(world: World, { phone, sender, message }: Reading): AfterCommit {
  const sql = `INSERT INTO retries VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count`
  const { count } = world.database.get<{ count: number }>(sql, phone.id, sender.id, message.whatsappId)!
  if (count > MAX_RETRIES || sender.status !== 'active') return () => {}
  const isOwn = phone.id === sender.phoneId
  const attrs = {
    id: message.whatsappId,
    ...(isOwn && !isMany(message.chatJid)
      ? { from: phoneJid(phone.phone), recipient: message.chatJid }
      : addressOfReader(world, phone, message.chatJid)),
    type: 'retry',
    t: seconds(),
  }
  const retry = element('retry', { count: String(count), id: message.whatsappId, t: seconds(), v: '1' })
  const content = [retry, element('registration', {}, bigEndian(phone.registrationId, 4))]
  if (count > 1) content.push(freshKeys(world, phone))
  return queueForDevice(world, sender.id, element('receipt', attrs, content))
}

function freshKeys({ database }: World, phone: Phone): Stanza {
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
