import type { Connection } from '../server/connection.ts'
import type { Device } from '../store/devices.ts'
import type { Stanza } from '../wire/codec.ts'
import { SERVER } from '../wire/jid.ts'
import { childOf, childrenOf, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { type Answer, DONE, NOT_IMPLEMENTED } from './answer.ts'
import { answerEncryptQuery } from './encrypt-queries.ts'
import { answerGroupQuery } from './groups/queries.ts'
import { answerMediaQuery } from './media.ts'
import { answerMultiDeviceQuery } from './multi-device-queries.ts'
import { answerAbout, answerBlocklist, answerPicture } from './profile.ts'
import { deliverQueue } from './push.ts'
import { answerMexQuery } from './restrictions.ts'
import { answerUsync } from './usync.ts'

/** Answers an iq get/set. Everything is answered: an unanswered query costs Baileys a 60 s time-out. */
export async function answerQuery(world: World, connection: Connection, stanza: Stanza, frame: number): Promise<void> {
  const { device } = connection
  const answer = device
    ? await answerLoggedIn(world, connection, device, stanza, frame)
    : answerPairing(world, connection, stanza)
  reply(connection, stanza, answer)
  if (device && stanza.attrs.xmlns === 'passive' && childOf(stanza, 'active'))
    await deliverQueue(world, connection, device.id)
  if (device && childOf(stanza, 'remove-companion-device')) connection.end()
}

function answerPairing(world: World, connection: Connection, stanza: Stanza): Answer {
  if (stanza.attrs.xmlns === 'md') return answerMultiDeviceQuery(world, connection, stanza)
  return stanza.attrs.xmlns === 'w:p' ? DONE : NOT_IMPLEMENTED
}

async function answerLoggedIn(
  world: World,
  connection: Connection,
  device: Device,
  stanza: Stanza,
  frame: number,
): Promise<Answer> {
  const { xmlns } = stanza.attrs
  switch (xmlns) {
    case 'w:p':
    case 'passive':
    case 'w:stats':
    case 'urn:xmpp:whatsapp:dirty':
      return DONE
    case 'encrypt':
      return answerEncryptQuery(world, connection, device, stanza, frame)
    case 'usync':
      return answerUsync(world, device, stanza)
    case 'md':
      return answerMultiDeviceQuery(world, connection, stanza)
    case 'w:m':
      return answerMediaQuery(world, device)
    case 'w:g2':
      return answerGroupQuery(world, device, stanza)
    case 'abt':
      return { content: [element('props', { protocol: '1', hash: 'sim', refresh: '86400', refresh_id: '1' }, [])] }
    case 'blocklist':
      return answerBlocklist(world, device, stanza)
    case 'privacy':
      return answerPrivacy(stanza)
    case 'status':
      return answerAbout(world, device, stanza)
    case 'w:mex':
      return answerMexQuery(world, device, stanza)
    case 'disappearing_mode':
      return { content: [element('disappearing_mode', { duration: '0', t: seconds() })] }
    case 'w:sync:app:state':
      return answerAppState(stanza)
    case 'w:profile:picture':
      return answerPicture(world, device, stanza)
    case 'w:biz':
      return { content: [element('business_profile', {}, [])] }
    default:
      return NOT_IMPLEMENTED
  }
}

function answerPrivacy(stanza: Stanza): Answer {
  if (stanza.attrs.type !== 'get') return DONE
  const categories = ['last', 'online', 'profile', 'status', 'readreceipts', 'groupadd', 'calladd']
  const content = categories.map((name) => element('category', { name, value: 'all' }))
  return { content: [element('privacy', {}, content)] }
}

/** No app state was ever written: every collection stands where the client believes it stands. */
function answerAppState(stanza: Stanza): Answer {
  const collections = childrenOf(childOf(stanza, 'sync'), 'collection').map(({ attrs, content }) => {
    const patches = Array.isArray(content) ? content.filter(({ tag }) => tag === 'patch').length : 0
    return element('collection', { name: attrs.name ?? '', version: String(Number(attrs.version ?? 0) + patches) })
  })
  return { content: [element('sync', {}, collections)] }
}

/** The error of a fault; 429 reads as the real server's rate limit. */
export function failQuery(connection: Connection, stanza: Stanza, code: number): void {
  reply(connection, stanza, { error: code, text: code === 429 ? 'rate-overlimit' : 'by fault' })
}

function reply(connection: Connection, { attrs }: Stanza, answer: Answer): void {
  const head = { from: attrs.to?.endsWith('@g.us') ? attrs.to : SERVER, id: attrs.id ?? '' }
  if ('error' in answer) {
    const error = element('error', { code: String(answer.error), text: answer.text })
    connection.send(element('iq', { ...head, type: 'error' }, [error]))
  } else connection.send(element('iq', { ...head, type: 'result' }, answer.content))
}
