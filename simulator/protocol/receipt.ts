import { resendMessage } from '../phones/outgoing.ts'
import type { Connection } from '../server/connection.ts'
import { activeDevices, type Device } from '../store/devices.ts'
import type { Phone } from '../store/phones.ts'
import { confirmStanza } from '../store/queue.ts'
import { insertReceipt } from '../store/receipts.ts'
import type { Stanza } from '../wire/codec.ts'
import { isMany, parseJid, phoneJid } from '../wire/jid.ts'
import { childOf, childrenOf, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { findAddressee } from './addressee.ts'
import { requestUpload } from './media.ts'
import { queueForDevice } from './push.ts'

const NOT_FOR_OTHERS = ['peer_msg', 'hist_sync', 'sender', 'server-error', 'read-self']

/** A receipt from a linked device: delivered, read, or "I could not decrypt it". */
export async function handleReceipt(
  world: World,
  connection: Connection,
  device: Device,
  stanza: Stanza,
): Promise<void> {
  const { attrs } = stanza
  if (attrs.type === 'server-error') return requestUpload(world, device, stanza)
  // In a group the chat is the address and the member who wrote the message stands beside it.
  const jid = parseJid(isMany(attrs.to) ? attrs.participant : attrs.to)
  const sender = jid && findAddressee(world, device.namespace, jid)
  noteReceipt(world, device, sender, stanza)
  if (sender && isSentByPhone(world, sender.id, attrs.id ?? '')) {
    // Not confirmed here: the waiting copy may go only when its replacement is stored.
    if (attrs.type === 'retry') await resendMessage(world, sender, device.id, stanza)
    else confirmMessages(world, device, stanza)
  } else {
    const sends = world.database.transaction(() => {
      confirmMessages(world, device, stanza)
      const targets =
        sender && !NOT_FOR_OTHERS.includes(attrs.type ?? '') ? activeDevices(world.database, sender.id) : []
      return targets
        .filter(
          (target) =>
            target.id !== device.id && (jid?.device === 0 ? attrs.type !== 'retry' : jid?.device === target.device),
        )
        .map((target) => forwardReceipt(world, device, target, stanza))
    })
    for (const send of sends) send()
  }
  const answer = { id: attrs.id ?? '', from: attrs.to ?? '', class: 'receipt' }
  connection.send(element('ack', attrs.type ? { ...answer, type: attrs.type } : answer))
}

function idsOf(stanza: Stanza): string[] {
  const more = childrenOf(childOf(stanza, 'list'), 'item').map((item) => item.attrs.id ?? '')
  return [stanza.attrs.id ?? '', ...more]
}

function confirmMessages({ database }: World, device: Device, stanza: Stanza): void {
  for (const id of idsOf(stanza)) confirmStanza(database, device.id, 'message', id, null, false)
}

/** What the phone that wrote the message learns of it. */
function noteReceipt({ database }: World, device: Device, sender: Phone | undefined, stanza: Stanza): void {
  const { type, to } = stanza.attrs
  if (!sender || sender.id === device.phoneId || NOT_FOR_OTHERS.includes(type ?? '')) return
  const from = { fromPhone: device.phone, fromDevice: device.device, chatJid: to ?? '', type: type ?? 'delivered' }
  for (const whatsappId of idsOf(stanza)) insertReceipt(database, sender.id, { ...from, whatsappId })
}

function isSentByPhone({ database }: World, phoneId: number, whatsappId: string): boolean {
  return database.get('SELECT 1 FROM sent WHERE phoneId = ? AND whatsappId = ?', phoneId, whatsappId) !== undefined
}

/** Between two real clients the server only carries receipts. */
function forwardReceipt(world: World, from: Device, target: Device, { attrs, content }: Stanza): () => void {
  const isRetry = attrs.type === 'retry'
  const author = isRetry ? phoneJid(from.phone, from.device) : phoneJid(from.phone)
  const where: Record<string, string> = isMany(attrs.to) ? { from: attrs.to!, participant: author } : { from: author }
  const forwarded: Record<string, string> = { id: attrs.id ?? '', ...where, t: seconds() }
  if (attrs.type && attrs.type !== 'inactive') forwarded.type = attrs.type
  return queueForDevice(world, target.id, element('receipt', forwarded, content))
}
