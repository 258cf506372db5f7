import { resendMessage } from '../phones/outgoing.ts'
import type { Connection } from '../server/connection.ts'
import { activeDevices, type Device } from '../store/devices.ts'
import { confirmStanza } from '../store/queue.ts'
import type { Stanza } from '../wire/codec.ts'
import { parseJid, phoneJid } from '../wire/jid.ts'
import { childOf, childrenOf, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { findAddressee } from './addressee.ts'
import { queueForDevice } from './push.ts'

/** A receipt from a linked device: delivered, read, or "I could not decrypt it". */
export async function handleReceipt(
  world: World,
  connection: Connection,
  device: Device,
  stanza: Stanza,
): Promise<void> {
  const { attrs } = stanza
  const ids = [attrs.id ?? '', ...childrenOf(childOf(stanza, 'list'), 'item').map((item) => item.attrs.id ?? '')]
  const isRetry = attrs.type === 'retry'
  const jid = parseJid(attrs.to)
  const sender = jid && findAddressee(world, device.namespace, jid)
  const wasSentByPhone = sender !== undefined && isSentByPhone(world, sender.id, ids[0]!)
  const sends: (() => void)[] = []
  world.database.transaction(() => {
    for (const id of ids) confirmStanza(world.database, device.id, 'message', id, null, false)
    if (sender && !wasSentByPhone && attrs.type !== 'peer_msg' && attrs.type !== 'hist_sync' && attrs.type !== 'sender')
      for (const target of activeDevices(world.database, sender.id))
        if (target.id !== device.id) sends.push(forwardReceipt(world, device, target, stanza, isRetry))
  })
  const answer = {
    id: attrs.id ?? '',
    from: attrs.to ?? '',
    class: 'receipt',
    ...(attrs.type ? { type: attrs.type } : {}),
  }
  connection.send(element('ack', answer))
  for (const send of sends) send()
  if (isRetry && wasSentByPhone) await resendMessage(world, sender, device.id, stanza)
}

function isSentByPhone({ database }: World, phoneId: number, whatsappId: string): boolean {
  return database.get('SELECT 1 FROM sent WHERE phoneId = ? AND whatsappId = ?', phoneId, whatsappId) !== undefined
}

/** Between two real clients the server only carries receipts. */
function forwardReceipt(
  world: World,
  from: Device,
  target: Device,
  { attrs, content }: Stanza,
  isRetry: boolean,
): () => void {
  const forwarded: Record<string, string> = {
    id: attrs.id ?? '',
    from: isRetry ? phoneJid(from.phone, from.device) : phoneJid(from.phone),
    t: seconds(),
  }
  if (attrs.type && attrs.type !== 'inactive') forwarded.type = attrs.type
  return queueForDevice(world, target.id, element('receipt', forwarded, content))
}
