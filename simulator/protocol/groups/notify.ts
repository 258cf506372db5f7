import { randomBytes } from 'node:crypto'
import { activeDevices } from '../../store/devices.ts'
import { type Group, membersOf } from '../../store/groups.ts'
import type { Phone } from '../../store/phones.ts'
import type { Stanza } from '../../wire/codec.ts'
import { element, seconds } from '../../wire/stanza.ts'
import type { World } from '../../world.ts'
import { queueForDevice } from '../push.ts'
import { memberJid, otherAddress } from './describe.ts'

/**
 * Tells every linked device of every member, and of those who have just left (`also`), as far as it is for them (`hears`), what `actor` did to the group. Call
 * inside a transaction; the result sends to who is online: call it after the commit.
 */
export function notifyGroup(
  world: World,
  group: Group,
  actor: Phone,
  child: Stanza,
  also: readonly Phone[] = [],
  hears: (member: { role: string }) => boolean = () => true,
): () => void {
  const phones = new Map(
    [...membersOf(world.database, group.id).filter(hears), ...also].map((phone) => [phone.id, phone]),
  )
  const attrs = {
    from: group.jid,
    type: 'w:gp2',
    id: randomBytes(8).toString('hex').toUpperCase(),
    t: seconds(),
    participant: memberJid(group.addressing, actor),
    ...otherAddress('participant', group.addressing, actor),
    addressing_mode: group.addressing,
    notify: actor.name,
  }
  const stanza = element('notification', attrs, [child])
  const devices = [...phones.keys()].flatMap((phoneId) => activeDevices(world.database, phoneId))
  const sends = devices.map(({ id }) => queueForDevice(world, id, stanza))
  return () => {
    for (const send of sends) send()
  }
}
