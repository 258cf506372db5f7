import { drainPhone } from '../phones/incoming.ts'
import type { Connection } from '../server/connection.ts'
import { type Device, findDevice } from '../store/devices.ts'
import { takeFault } from '../store/faults.ts'
import { findGroup } from '../store/groups.ts'
import type { Phone } from '../store/phones.ts'
import { phoneById } from '../store/phones.ts'
import { enqueueMessage } from '../store/queue.ts'
import { noteFrame } from '../store/wire-log.ts'
import type { Stanza } from '../wire/codec.ts'
import { isMany, lidJid, parseJid, phoneJid, SERVER, STATUS } from '../wire/jid.ts'
import { asBuffer, childrenOf, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { findAddressee } from './addressee.ts'
import { strikeConnection } from './disconnect.ts'
import { targetOf } from './fault-target.ts'
import { memberJid, otherAddress } from './groups/describe.ts'
import { type Copy, listCopies, phoneCopies, refusalOf } from './message-copies.ts'
import { queueForDevice } from './push.ts'

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
      else for (const entry of phoneCopies(device, stanza, frame, copy)) enqueueMessage(database, entry)
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

/** The copy for another linked device: same ciphertext, seen from the recipient's side. */
function forwardCopy(world: World, sender: Device, stanza: Stanza, copy: Copy): () => void {
  const recipient = findDevice(world.database, copy.phone.phone, copy.device)
  if (recipient?.status !== 'active' || recipient.namespace !== sender.namespace) return () => {}
  const author = phoneById(world.database, sender.phoneId)!
  const { id = '', type = 'text', to = '', edit } = stanza.attrs
  const attrs: Record<string, string> = { ...authorAttrs(world, sender, author, to), id, t: seconds(), type }
  if (edit) attrs.edit = edit
  if (copy.phone.id === sender.phoneId && !isMany(to)) attrs.recipient = stanza.attrs.recipient ?? to
  const content = [...copy.encs, ...childrenOf(stanza, 'meta')]
  if (copy.encs.some((enc) => enc.attrs.type === 'pkmsg'))
    content.push(element('device-identity', {}, asBuffer(sender.account)))
  return queueForDevice(world, recipient.id, element('message', attrs, content))
}

function authorAttrs({ database }: World, sender: Device, author: Phone, to: string): Record<string, string> {
  const notify = author.name
  if (!isMany(to))
    return { from: phoneJid(sender.phone, sender.device), notify, sender_lid: lidJid(author.lid, sender.device) }
  const addressing = to === STATUS ? 'pn' : (findGroup(database, sender.namespace, to)?.addressing ?? 'pn')
  return {
    from: to,
    participant: memberJid(addressing, author, sender.device),
    ...otherAddress('participant', addressing, author),
    addressing_mode: addressing,
    notify,
  }
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
