import { activeDevices, type Device } from '../store/devices.ts'
import { findGroup, roleOf } from '../store/groups.ts'
import { type Phone, phoneById, upsertPhone } from '../store/phones.ts'
import { dropPicture, findPicture, picturePathOf, putPicture } from '../store/pictures.ts'
import { listBlocked, setBlocked } from '../store/signals.ts'
import type { Stanza } from '../wire/codec.ts'
import { isMany, lidJid, parseJid, phoneJid, SERVER } from '../wire/jid.ts'
import { bytesOf, childOf, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { findAddressee } from './addressee.ts'
import { type Answer, BAD_REQUEST, DONE, FORBIDDEN, NOT_FOUND } from './answer.ts'
import { memberJid } from './groups/describe.ts'
import { queueForDevice } from './push.ts'

const MAX_ABOUT_LENGTH = 700

/** xmlns `w:profile:picture`: of oneself, a contact or a group. */
export function answerPicture(world: World, device: Device, stanza: Stanza): Answer {
  const { database } = world
  const me = phoneById(database, device.phoneId)!
  const { target, type } = stanza.attrs
  const jid = parseJid(target)
  const group = isMany(target) ? findGroup(database, me.namespace, target!) : undefined
  const person = target === undefined ? me : jid && findAddressee(world, me.namespace, jid)
  const owner = group?.jid ?? person?.phone
  if (owner === undefined) return NOT_FOUND
  if (type === 'get') {
    const picture = findPicture(database, me.namespace, owner)
    if (!picture) return NOT_FOUND
    const path = picturePathOf(picture)
    const kind = childOf(stanza, 'picture')?.attrs.type ?? 'image'
    const attrs = { id: picture.id, type: kind, url: `https://${world.mediaHost}${path}`, direct_path: path }
    return { content: [element('picture', attrs)] }
  }
  if (group) {
    const role = roleOf(database, group.id, me.id)
    if (role === undefined || (group.locked && role === '')) return FORBIDDEN
  } else if (person?.id !== me.id) return FORBIDDEN
  const bytes = bytesOf(stanza, 'picture')
  if (!bytes) {
    dropPicture(database, me.namespace, owner)
    return DONE
  }
  const { id } = putPicture(database, me.namespace, owner, bytes)
  if (group) {
    const author = memberJid(group.addressing, me)
    const attrs = { from: group.jid, type: 'picture', id: `p.${id}`, t: seconds(), participant: author }
    const line = element('notification', attrs, [element('set', { id, author, jid: group.jid })])
    const sql = 'SELECT phoneId FROM group_members WHERE groupId = ?'
    const members = database.all<{ phoneId: number }>(sql, group.id)
    tellDevices(
      world,
      members.flatMap(({ phoneId }) => activeDevices(database, phoneId)),
      line,
    )
  }
  return { content: [element('picture', { id })] }
}

/** xmlns `status`: the account's own about text. */
export function answerAbout({ database }: World, device: Device, stanza: Stanza): Answer {
  const about = bytesOf(stanza, 'status')?.toString()
  if (stanza.attrs.type !== 'set') return DONE
  if (about === undefined) return BAD_REQUEST
  if (about.length > MAX_ABOUT_LENGTH) return { error: 406, text: 'not-acceptable' }
  upsertPhone(database, device.namespace, device.phone, { about })
  return DONE
}

/** xmlns `blocklist`: a blocked contact’s messages no longer reach the account. Other devices of the account are told. */
export function answerBlocklist(world: World, device: Device, stanza: Stanza): Answer {
  const { database } = world
  const item = childOf(stanza, 'item')
  if (stanza.attrs.type === 'set') {
    const jid = parseJid(item?.attrs.jid)
    const other = jid && findAddressee(world, device.namespace, jid)
    if (!item || !other) return BAD_REQUEST
    const action = item.attrs.action === 'block' ? 'block' : 'unblock'
    setBlocked(database, device.phoneId, other.id, action === 'block')
    tellOfBlock(world, device, other, action)
  }
  const items = listBlocked(database, device.phoneId).map(({ phone, lid }) =>
    element('item', { jid: lidJid(lid), pn_jid: phoneJid(phone) }),
  )
  return { content: [element('list', {}, items)] }
}

function tellOfBlock(world: World, device: Device, other: Phone, action: string): void {
  const attrs = { from: SERVER, type: 'account_sync', id: `b.${Date.now()}.${other.id}`, t: seconds() }
  const item = element('item', { action, jid: lidJid(other.lid), pn_jid: phoneJid(other.phone) })
  const siblings = activeDevices(world.database, device.phoneId).filter(({ id }) => id !== device.id)
  tellDevices(world, siblings, element('notification', attrs, [element('blocklist', {}, [item])]))
}

function tellDevices(world: World, devices: Device[], stanza: Stanza): void {
  const sends = world.database.transaction(() => devices.map(({ id }) => queueForDevice(world, id, stanza)))
  for (const send of sends) send()
}
