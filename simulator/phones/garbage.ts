import { randomBytes } from 'node:crypto'
import { queueForDevice } from '../protocol/push.ts'
import { activeDevices } from '../store/devices.ts'
import { type Group, membersOf } from '../store/groups.ts'
import type { Phone } from '../store/phones.ts'
import { element } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { wrapForChat } from './sessions.ts'

const GARBAGE_BYTES = 120

/**
 * A message nobody can decrypt: random bytes that claim to be a Signal message, or (`empty`) no encrypted part at all. The
 * contact forgets it at once: a retry receipt for it is never answered.
 */
export function sendGarbage(
  world: World,
  from: Phone,
  to: Phone | Group,
  whatsappId: string,
  type: 'msg' | 'pkmsg' | 'skmsg' | 'empty',
): number[] {
  const isGroup = 'jid' in to
  const phones = isGroup ? membersOf(world.database, to.id) : [to]
  const devices = phones.flatMap(({ id }) => activeDevices(world.database, id))
  const addressing = isGroup ? to.addressing : from.addressing
  const message = { whatsappId, plaintext: Buffer.alloc(0), addressing, category: '' as const }
  const body = Buffer.concat([Buffer.from([0x33]), randomBytes(GARBAGE_BYTES)])
  const content = type === 'empty' ? [] : [element('enc', { v: '2', type }, body)]
  const stanza = wrapForChat(from, isGroup ? { ...message, chatJid: to.jid } : message, content)
  const sends = world.database.transaction(() => devices.map(({ id }) => queueForDevice(world, id, stanza)))
  for (const send of sends) send()
  return devices.map(({ device }) => device)
}
