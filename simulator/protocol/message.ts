import { drainPhone } from '../phones/incoming.ts'
import type { Connection } from '../server/connection.ts'
import { type Device, findDevice } from '../store/devices.ts'
import { takeFault } from '../store/faults.ts'
import type { Phone } from '../store/phones.ts'
import { phoneById } from '../store/phones.ts'
import { enqueueMessage } from '../store/queue.ts'
import { recordViolation, type ViolationKind } from '../store/violations.ts'
import { noteFrame } from '../store/wire-log.ts'
import type { Stanza } from '../wire/codec.ts'
import { lidJid, parseJid, phoneJid, SERVER } from '../wire/jid.ts'
import { asBuffer, childOf, childrenOf, contentBytes, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { findAddressee, findOrCreateAddressee } from './addressee.ts'
import { strikeConnection } from './disconnect.ts'
import { targetOf } from './fault-target.ts'
import { queueForDevice } from './push.ts'

const INVALID_STANZA = 479
const RECIPIENT_UNKNOWN = 404

type Copy = { phone: Phone; device: number; jid: string; enc: Stanza }

/** A message from a linked device: store every copy for its recipient, then acknowledge, then let the phones decrypt. */
export function handleMessage(
  world: World,
  connection: Connection,
  device: Device,
  stanza: Stanza,
  frame: number,
): void {
  const { database } = world
  const { id, to } = stanza.attrs
  const target = { ...targetOf(connection), ...recipientField(world, device, to) }
  const struck = takeDisconnect(world, target)
  if (struck?.options.processed === false) {
    noteFrame(database, frame, 'lost by fault')
    strikeConnection(connection, struck)
    return
  }

  const fault = takeFault(database, 'nack', target)
  const error = fault ? (fault.options.code ?? 500) : refusalOf(world, device, stanza, frame)
  const copies = error === undefined ? listCopies(world, device, stanza, frame) : []
  const sends: (() => void)[] = []
  database.transaction(() => {
    for (const copy of copies) {
      if (copy.device !== 0) sends.push(forwardCopy(world, device, stanza, copy))
      else enqueueMessage(database, phoneCopy(device, stanza, frame, copy))
    }
    if (error !== undefined) noteFrame(database, frame, `nack ${error}`)
  })
  if (struck) {
    noteFrame(database, frame, 'ack lost by fault')
    strikeConnection(connection, struck)
  } else acknowledge(world, connection, { id: id ?? '', to: to ?? SERVER, frame, error })
  for (const send of sends) send()
  for (const phoneId of new Set(copies.filter((copy) => copy.device === 0).map(({ phone }) => phone.id)))
    drainPhone(world, phoneId)
}

function takeDisconnect({ database }: World, target: ReturnType<typeof targetOf>) {
  const onMessage = { ...target, matches: ({ options }: { options: { when?: string } }) => options.when === 'message' }
  for (const kind of ['drop', 'halfOpen', 'streamError'] as const) {
    const fault = takeFault(database, kind, onMessage)
    if (fault) return fault
  }
  return undefined
}

function recipientField(world: World, device: Device, to: string | undefined): { recipient?: string } {
  const jid = parseJid(to)
  if (!jid) return {}
  return { recipient: findAddressee(world, device.namespace, jid)?.phone ?? jid.user }
}

/** Error code for a message the server does not take; undefined if it is fine. */
function refusalOf(world: World, device: Device, stanza: Stanza, frame: number): number | undefined {
  const violate = (kind: ViolationKind, detail: string) => {
    const { namespace, phone, device: number } = device
    recordViolation(world.database, { namespace, kind, phone, device: number, frame, detail })
    return INVALID_STANZA
  }
  const to = parseJid(stanza.attrs.to)
  if (!stanza.attrs.id || !to) return violate('bad_stanza', '<message> needs an id and a valid to')
  if (to.server !== 's.whatsapp.net' && to.server !== 'lid') return INVALID_STANZA
  if (!findOrCreateAddressee(world, device.namespace, to)) return RECIPIENT_UNKNOWN
  if (listEncrypted(stanza).length === 0)
    return violate('message_without_participants', 'no encrypted copy for anybody')
  return undefined
}

function listEncrypted(stanza: Stanza): { jid: string; enc: Stanza }[] {
  const direct = childrenOf(stanza, 'enc').map((enc) => ({ jid: stanza.attrs.to ?? '', enc }))
  const fanned = childrenOf(childOf(stanza, 'participants'), 'to').flatMap((to) =>
    childrenOf(to, 'enc').map((enc) => ({ jid: to.attrs.jid ?? '', enc })),
  )
  return [...direct, ...fanned]
}

function listCopies(world: World, device: Device, stanza: Stanza, frame: number): Copy[] {
  return listEncrypted(stanza).flatMap(({ jid, enc }) => {
    const parsed = parseJid(jid)
    const phone = parsed && findAddressee(world, device.namespace, parsed)
    if (phone) return [{ phone, device: parsed.device, jid, enc }]
    const { namespace, phone: sender, device: number } = device
    const violation = {
      namespace,
      kind: 'unknown_participant',
      phone: sender,
      device: number,
      frame,
      detail: jid,
    } as const
    recordViolation(world.database, violation)
    return []
  })
}

function phoneCopy(device: Device, { attrs }: Stanza, frame: number, { phone, enc }: Copy) {
  return {
    phoneId: phone.id,
    frame,
    senderDeviceId: device.id,
    whatsappId: attrs.id!,
    chatJid: attrs.recipient ?? attrs.to!,
    category: attrs.category ?? '',
    encType: enc.attrs.type === 'pkmsg' ? ('pkmsg' as const) : ('msg' as const),
    ciphertext: contentBytes(enc) ?? Buffer.alloc(0),
  }
}

/** The copy for another linked device: same ciphertext, seen from the recipient's side. */
function forwardCopy(world: World, sender: Device, stanza: Stanza, copy: Copy): () => void {
  const recipient = findDevice(world.database, copy.phone.phone, copy.device)
  if (recipient?.status !== 'active' || recipient.namespace !== sender.namespace) return () => {}
  const senderPhone = phoneById(world.database, sender.phoneId)!
  const attrs: Record<string, string> = {
    from: phoneJid(sender.phone, sender.device),
    id: stanza.attrs.id!,
    t: seconds(),
    type: stanza.attrs.type ?? 'text',
    notify: senderPhone.name,
    sender_lid: lidJid(senderPhone.lid, sender.device),
  }
  if (copy.phone.id === sender.phoneId) attrs.recipient = stanza.attrs.recipient ?? stanza.attrs.to!
  const content = [copy.enc]
  if (copy.enc.attrs.type === 'pkmsg') content.push(element('device-identity', {}, asBuffer(sender.account)))
  return queueForDevice(world, recipient.id, element('message', attrs, content))
}

type Acknowledgement = { id: string; to: string; frame: number; error: number | undefined }

function acknowledge({ database }: World, connection: Connection, { id, to, frame, error }: Acknowledgement): void {
  const target = targetOf(connection)
  if (takeFault(database, 'swallowAcks', target)) {
    noteFrame(database, frame, 'ack swallowed by fault')
    return
  }
  const attrs = {
    id,
    from: to,
    class: 'message',
    t: seconds(),
    ...(error === undefined ? {} : { error: String(error) }),
  }
  const delayMs = takeFault(database, 'slowAcks', target)?.options.delayMs
  if (delayMs === undefined) connection.send(element('ack', attrs))
  else setTimeout(() => connection.send(element('ack', attrs)), delayMs)
}
