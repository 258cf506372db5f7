import type { Connection } from '../server/connection.ts'
import { activeDevices, type Device } from '../store/devices.ts'
import { findGroup, membersOf } from '../store/groups.ts'
import { type Phone, phoneById, upsertPhone } from '../store/phones.ts'
import { findCall, insertSignal, setCallState } from '../store/signals.ts'
import type { Stanza } from '../wire/codec.ts'
import { isMany, parseJid } from '../wire/jid.ts'
import { childrenOf, element } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { findAddressee } from './addressee.ts'
import { memberJid } from './groups/describe.ts'

export type ChatState = 'available' | 'unavailable' | 'composing' | 'recording' | 'paused'

/** `<presence>` of a client: online or not, its name, or the wish to be told of somebody. */
export function handlePresence(world: World, connection: Connection, device: Device, { attrs }: Stanza): void {
  const { database } = world
  if (attrs.type === 'subscribe' || attrs.type === 'unsubscribe') {
    const jid = parseJid(attrs.to)
    const phone = jid && findAddressee(world, device.namespace, jid)
    if (phone && attrs.type === 'subscribe') connection.subscriptions.add(phone.id)
    else if (phone) connection.subscriptions.delete(phone.id)
    return
  }
  const me = phoneById(database, device.phoneId)!
  if (attrs.name && attrs.name !== me.name) upsertPhone(database, me.namespace, me.phone, { name: attrs.name })
  const state = attrs.type === 'unavailable' ? 'unavailable' : 'available'
  insertSignal(database, me.id, { fromPhone: device.phone, fromDevice: device.device, chatJid: '', state })
}

/** `<chatstate>`: the other side sees somebody typing. It is lost on whoever is not there. */
export function handleChatState(world: World, device: Device, stanza: Stanza): void {
  const { database } = world
  const { to = '' } = stanza.attrs
  const [child] = childrenOf(stanza)
  const state = child?.attrs.media === 'audio' ? 'recording' : (child?.tag ?? 'paused')
  const jid = parseJid(to)
  const group = isMany(to) ? findGroup(database, device.namespace, to) : undefined
  const one = jid && findAddressee(world, device.namespace, jid)
  const readers: Phone[] = group ? membersOf(database, group.id) : one ? [one] : []
  for (const reader of readers)
    if (reader.id !== device.phoneId && reader.online)
      insertSignal(database, reader.id, { fromPhone: device.phone, fromDevice: device.device, chatJid: to, state })
}

/** A contact shows itself to the account `to` (typing), or to whoever has subscribed to it (online). @returns how many were told */
export function showPresence(world: World, from: Phone, to: Phone, state: ChatState, chatJid?: string): number {
  const group = chatJid === undefined ? undefined : findGroup(world.database, from.namespace, chatJid)
  const address = memberJid(group?.addressing ?? from.addressing, from)
  const where: Record<string, string> = group ? { from: group.jid, participant: address } : { from: address }
  let told = 0
  for (const { id } of activeDevices(world.database, to.id)) {
    const connection = world.connections.ofDevice(id)
    if (!connection?.isActive) continue
    if (state === 'available' || state === 'unavailable') {
      if (!connection.subscriptions.has(from.id)) continue
      const last: Record<string, string> =
        state === 'unavailable' ? { last: String(Math.floor(Date.now() / 1000)) } : {}
      connection.send(element('presence', { from: address, type: state, ...last }))
    } else {
      const child = state === 'recording' ? element('composing', { media: 'audio' }) : element(state)
      connection.send(element('chatstate', where, [child]))
    }
    told += 1
  }
  return told
}

/** `<call>` of a client; rc14 only ever rejects. Answered with an ack, for which rc14 waits. */
export function handleCall(world: World, connection: Connection, device: Device, stanza: Stanza): void {
  const [child] = childrenOf(stanza)
  const call = findCall(world.database, child?.attrs['call-id'] ?? '')
  const isTheirs = call?.calleeId === device.phoneId
  if (child?.tag === 'reject' && isTheirs && call.state === 'ringing') setCallState(world.database, call.id, 'rejected')
  const { id = '', to = '' } = stanza.attrs
  const attrs: Record<string, string> = { id, from: to, class: 'call', type: child?.tag ?? '' }
  connection.send(element('ack', isTheirs ? attrs : { ...attrs, error: '404' }))
}
