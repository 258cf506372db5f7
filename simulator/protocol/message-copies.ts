import { activeDevices, type Device } from '../store/devices.ts'
import { findGroup, type Group, membersOf, roleOf } from '../store/groups.ts'
import type { Phone } from '../store/phones.ts'
import type { EncType, QueuedMessage } from '../store/queue.ts'
import { recordViolation, type ViolationKind } from '../store/violations.ts'
import type { Stanza } from '../wire/codec.ts'
import { isMany, parseJid, STATUS } from '../wire/jid.ts'
import { childOf, childrenOf, contentBytes } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { findAddressee, findOrCreateAddressee } from './addressee.ts'
import { refusalOfNewChat } from './restrictions.ts'

const INVALID_STANZA = 479
const RECIPIENT_UNKNOWN = 404
const NOT_ALLOWED = 403
const STALE_ADDRESSING = 421

/** What one device of one phone gets of a message; device 0 is the phone itself. */
export type Copy = { phone: Phone; device: number; encs: Stanza[] }

/** Error code for a message the server does not take; undefined if it is fine. */
export function refusalOf(world: World, device: Device, stanza: Stanza, frame: number): number | undefined {
  const violate = (kind: ViolationKind, detail: string) => {
    const { namespace, phone, device: number } = device
    recordViolation(world.database, { namespace, kind, phone, device: number, frame, detail })
    return INVALID_STANZA
  }
  const { id, to } = stanza.attrs
  const jid = parseJid(to)
  if (!id || !jid) return violate('bad_stanza', '<message> needs an id and a valid to')
  if (listEncrypted(stanza).length === 0)
    return violate('message_without_participants', 'no encrypted copy for anybody')
  if (to === STATUS) return undefined
  if (jid.server === 'g.us') return refusalOfGroup(world, device, stanza)
  if (jid.server !== 's.whatsapp.net' && jid.server !== 'lid') return INVALID_STANZA
  const recipient = findOrCreateAddressee(world, device.namespace, jid)
  if (!recipient) return RECIPIENT_UNKNOWN
  return stanza.attrs.category === 'peer' ? undefined : refusalOfNewChat(world, device, recipient)
}

function refusalOfGroup({ database }: World, device: Device, { attrs }: Stanza): number | undefined {
  const group = findGroup(database, device.namespace, attrs.to ?? '')
  if (!group) return RECIPIENT_UNKNOWN
  const role = roleOf(database, group.id, device.phoneId)
  if (role === undefined || (group.announce === 1 && role === '')) return NOT_ALLOWED
  const isStale = attrs.addressing_mode !== undefined && attrs.addressing_mode !== group.addressing
  return isStale ? STALE_ADDRESSING : undefined
}

function listEncrypted(stanza: Stanza): { jid: string; enc: Stanza }[] {
  const to = stanza.attrs.participant ?? stanza.attrs.to ?? ''
  const direct = childrenOf(stanza, 'enc').map((enc) => ({ jid: to, enc }))
  return [...listAddressed(stanza), ...direct]
}

/** `<participants><to jid><enc>`: copies that are for one device each. */
function listAddressed(stanza: Stanza): { jid: string; enc: Stanza }[] {
  return childrenOf(childOf(stanza, 'participants'), 'to').flatMap((to) =>
    childrenOf(to, 'enc').map((enc) => ({ jid: to.attrs.jid ?? '', enc })),
  )
}

/** Everything that has to be delivered, one entry per device. In a group: the sender key for some, the message for all. */
export function listCopies(world: World, device: Device, stanza: Stanza, frame: number): Copy[] {
  const { to, participant } = stanza.attrs
  const shared = isMany(to) && !participant ? childrenOf(stanza, 'enc') : []
  const single = shared.length > 0 ? listAddressed(stanza) : listEncrypted(stanza)
  const copies = new Map<string, Copy>()
  const put = (phone: Phone, number: number, enc: Stanza) => {
    const key = `${phone.id}:${number}`
    const copy = copies.get(key) ?? { phone, device: number, encs: [] }
    copy.encs.push(enc)
    copies.set(key, copy)
  }
  for (const { jid, enc } of single) {
    const parsed = parseJid(jid)
    const phone = parsed && findAddressee(world, device.namespace, parsed)
    if (phone) put(phone, parsed.device, enc)
    else recordUnknown(world, device, frame, jid)
  }
  if (shared.length === 0) return [...copies.values()]
  const group = findGroup(world.database, device.namespace, to ?? '')
  const readers = group ? devicesOf(world, group) : [...copies.values()]
  for (const { phone, device: number } of readers) {
    if (phone.id === device.phoneId && number === device.device) continue
    for (const enc of shared) put(phone, number, enc)
  }
  // A sender key for somebody who has just left the group is nobody's business any more.
  return [...copies.values()].filter(({ encs }) => encs.some((enc) => shared.includes(enc)))
}

function devicesOf({ database }: World, group: Group): { phone: Phone; device: number }[] {
  return membersOf(database, group.id).flatMap((phone) => [
    { phone, device: 0 },
    ...activeDevices(database, phone.id).map(({ device }) => ({ phone, device })),
  ])
}

function recordUnknown({ database }: World, device: Device, frame: number, jid: string): void {
  const { namespace, phone, device: number } = device
  recordViolation(database, { namespace, kind: 'unknown_participant', phone, device: number, frame, detail: jid })
}

/** The rows a phone reads one after the other: in a group first the sender key, then the message. */
export function phoneCopies(device: Device, { attrs }: Stanza, frame: number, { phone, encs }: Copy) {
  return encs.map(
    (enc): Omit<QueuedMessage, 'seq'> => ({
      phoneId: phone.id,
      frame,
      senderDeviceId: device.id,
      whatsappId: attrs.id!,
      chatJid: attrs.recipient ?? attrs.to!,
      category: attrs.category ?? '',
      encType: encTypeOf(enc),
      ciphertext: contentBytes(enc) ?? Buffer.alloc(0),
    }),
  )
}

function encTypeOf({ attrs }: Stanza): EncType {
  return attrs.type === 'pkmsg' || attrs.type === 'skmsg' ? attrs.type : 'msg'
}
