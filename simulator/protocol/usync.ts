import { activeDevices, type Device } from '../store/devices.ts'
import type { Phone } from '../store/phones.ts'
import type { Stanza } from '../wire/codec.ts'
import { lidJid, parseJid, phoneJid } from '../wire/jid.ts'
import { childOf, childrenOf, contentBytes, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { findOrCreateAddressee } from './addressee.ts'
import type { Answer } from './answer.ts'

/** Who is on WhatsApp, with which devices, under which LID. */
export function answerUsync(world: World, asking: Device, stanza: Stanza): Answer {
  const usync = childOf(stanza, 'usync')
  const protocols = childrenOf(childOf(usync, 'query')).map(({ tag }) => tag)
  const users = childrenOf(childOf(usync, 'list'), 'user').map((user) => answerUser(world, asking, user, protocols))
  const result = element(
    'result',
    {},
    protocols.map((tag) => element(tag, {})),
  )
  return { content: [element('usync', usync?.attrs ?? {}, [result, element('list', {}, users)])] }
}

function answerUser(world: World, asking: Device, user: Stanza, protocols: string[]): Stanza {
  const typed = contentBytes(childOf(user, 'contact'))?.toString()
  const jidText = user.attrs.jid ?? phoneJid((typed ?? '').replace(/\D/g, ''))
  const jid = parseJid(jidText)
  const phone = jid && findOrCreateAddressee(world, asking.namespace, jid)
  const content = protocols.flatMap((protocol): Stanza[] => {
    if (protocol === 'contact') return [element('contact', { type: phone ? 'in' : 'out' }, typed)]
    if (protocol === 'devices')
      return [element('devices', {}, phone ? listDevices(world, phone) : [element('device-list', {}, [])])]
    // rc14 fetches key bundles by LID only: without this line a contact can never be written to.
    if (protocol === 'lid' && phone && jid.server !== 'lid') return [element('lid', { val: lidJid(phone.lid) })]
    if (protocol === 'status' && phone) return [element('status', { t: seconds() }, Buffer.from(phone.about))]
    return []
  })
  return element('user', { jid: jidText }, content)
}

function listDevices({ database }: World, phone: Phone): Stanza[] {
  const linked = activeDevices(database, phone.id)
  const devices = linked.map(({ device, keyIndex }) =>
    element('device', { id: String(device), 'key-index': String(keyIndex) }),
  )
  return [
    element('device-list', {}, [element('device', { id: '0' }), ...devices]),
    element('key-index-list', { ts: seconds() }),
  ]
}
