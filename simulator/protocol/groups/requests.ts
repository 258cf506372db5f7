import { type Phone, phoneById } from '../../store/phones.ts'
import type { Stanza } from '../../wire/codec.ts'
import { parseJid } from '../../wire/jid.ts'
import { childrenOf, element } from '../../wire/stanza.ts'
import type { World } from '../../world.ts'
import { findAddressee } from '../addressee.ts'
import { type Answer, BAD_REQUEST, FORBIDDEN } from '../answer.ts'
import type { Asking } from './asking.ts'
import { memberJid } from './describe.ts'
import { admit } from './members.ts'

type Request = { phoneId: number; at: number }

/** Who asked to join, or (with `action`) `<approve>` and `<reject>` of some of them, each with its own result. */
export function answerRequests(world: World, { group, me, role }: Asking, action: Stanza | undefined): Answer {
  const { database } = world
  if (role === '') return FORBIDDEN
  const requests = database.all<Request>('SELECT * FROM group_requests WHERE groupId = ? ORDER BY at', group.id)
  if (!action) {
    const list = requests.map(({ phoneId, at }) => {
      const jid = memberJid(group.addressing, phoneById(database, phoneId)!)
      const request_time = String(Math.floor(at / 1000))
      return element('membership_approval_request', { jid, request_method: 'invite_link', request_time })
    })
    return { content: [element('membership_approval_requests', {}, list)] }
  }
  const [verdict] = childrenOf(action)
  if (verdict?.tag !== 'approve' && verdict?.tag !== 'reject') return BAD_REQUEST
  const results = childrenOf(verdict, 'participant').map(({ attrs }) => {
    const jid = parseJid(attrs.jid)
    const phone = jid && findAddressee(world, group.namespace, jid)
    if (!phone || !requests.some(({ phoneId }) => phoneId === phone.id))
      return element('participant', { jid: attrs.jid ?? '', error: '404' })
    if (verdict.tag === 'approve') admit(world, group, me, phone, 'approved')
    else forget(world, group.id, phone)
    return element('participant', { jid: attrs.jid ?? '' })
  })
  return { content: [element('membership_requests_action', {}, [element(verdict.tag, {}, results)])] }
}

function forget({ database }: World, groupId: number, phone: Phone): void {
  database.run('DELETE FROM group_requests WHERE groupId = ? AND phoneId = ?', groupId, phone.id)
}
