import type { Device } from '../../store/devices.ts'
import { findGroup, findGroupByInvite, groupsOf, roleOf } from '../../store/groups.ts'
import { type Phone, phoneById } from '../../store/phones.ts'
import type { Stanza } from '../../wire/codec.ts'
import { childrenOf, element } from '../../wire/stanza.ts'
import type { World } from '../../world.ts'
import { type Answer, BAD_REQUEST, FORBIDDEN, NOT_FOUND, NOT_IMPLEMENTED } from '../answer.ts'
import type { Asking } from './asking.ts'
import { answerChange } from './changes.ts'
import { groupStanza, participantStanza } from './describe.ts'
import { changeMembers, createGroup, joinGroup, leaveGroup, type MemberAction } from './members.ts'
import { answerRequests } from './requests.ts'

const MEMBER_ACTIONS: readonly string[] = ['add', 'remove', 'promote', 'demote']
const MAX_SUBJECT_LENGTH = 100

/** xmlns `w:g2`: everything about groups, for the account this device belongs to. */
export function answerGroupQuery(world: World, device: Device, stanza: Stanza): Answer {
  const me = phoneById(world.database, device.phoneId)!
  const [child] = childrenOf(stanza)
  if (!child) return BAD_REQUEST
  if (stanza.attrs.to === '@g.us') return answerAnyGroup(world, me, stanza.attrs.type === 'set', child)
  const group = findGroup(world.database, me.namespace, stanza.attrs.to ?? '')
  if (!group) return NOT_FOUND
  const role = roleOf(world.database, group.id, me.id)
  if (role === undefined) return FORBIDDEN
  return answerOneGroup(world, { group, me, role }, stanza.attrs.type === 'set', child)
}

function answerAnyGroup(world: World, me: Phone, isSet: boolean, child: Stanza): Answer {
  const { database } = world
  if (child.tag === 'create' && isSet) {
    const { subject } = child.attrs
    if (!subject || subject.length > MAX_SUBJECT_LENGTH) return { error: 406, text: 'not-acceptable' }
    const jids = childrenOf(child, 'participant').map(({ attrs }) => attrs.jid ?? '')
    const { group, outcomes } = createGroup(world, me, subject, jids, me.addressing)
    const failed = outcomes.flatMap(({ jid, error }) => (error ? [element('participant', { jid, error })] : []))
    return { content: [groupStanza(world, group, failed)] }
  }
  if (child.tag === 'leave' && isSet) {
    const left = childrenOf(child, 'group').map(({ attrs }) => {
      const group = findGroup(database, me.namespace, attrs.id ?? '')
      if (!group || roleOf(database, group.id, me.id) === undefined)
        return element('group', { id: attrs.id ?? '', error: '404' })
      leaveGroup(world, group, me)
      return element('group', { id: attrs.id ?? '' })
    })
    return { content: [element('leave', {}, left)] }
  }
  if (child.tag === 'participating')
    return {
      content: [
        element(
          'groups',
          {},
          groupsOf(database, me.id).map((group) => groupStanza(world, group)),
        ),
      ],
    }
  if (child.tag === 'invite') {
    const group = findGroupByInvite(database, me.namespace, child.attrs.code ?? '')
    if (!group) return { error: 406, text: 'not-acceptable' }
    if (!isSet) return { content: [groupStanza(world, group)] }
    const outcome = joinGroup(world, me, group)
    const tag = outcome === 'joined' ? 'group' : 'membership_approval_request'
    return { content: [element(tag, { jid: group.jid })] }
  }
  return NOT_IMPLEMENTED
}

function answerOneGroup(world: World, asking: Asking, isSet: boolean, child: Stanza): Answer {
  const { group, role } = asking
  const isAdmin = role !== ''
  if (!isSet) {
    if (child.tag === 'query') return { content: [groupStanza(world, group)] }
    if (child.tag === 'invite')
      return isAdmin ? { content: [element('invite', { code: group.inviteCode })] } : FORBIDDEN
    if (child.tag === 'membership_approval_requests') return answerRequests(world, asking, undefined)
    return NOT_IMPLEMENTED
  }
  if (MEMBER_ACTIONS.includes(child.tag)) return answerMembers(world, asking, child)
  if (child.tag === 'membership_requests_action') return answerRequests(world, asking, child)
  return answerChange(world, asking, child)
}

function answerMembers(world: World, { group, me, role }: Asking, child: Stanza): Answer {
  const mayAdd = role !== '' || group.allMemberAdd === 1
  if (child.tag === 'add' ? !mayAdd : role === '') return FORBIDDEN
  const jids = childrenOf(child, 'participant').map(({ attrs }) => attrs.jid ?? '')
  if (jids.length === 0) return BAD_REQUEST
  const outcomes = changeMembers(world, group, me, child.tag as MemberAction, jids)
  const content = outcomes.map(({ jid, phone, error }) => {
    if (!error && phone) return participantStanza(group.addressing, phone)
    // What a real server adds so that the person can be invited in a message instead.
    const invite = element('add_request', { code: group.inviteCode, expiration: '259200' })
    return element('participant', { jid, error: error ?? '500' }, error === '403' ? [invite] : undefined)
  })
  return { content: [element(child.tag, {}, content)] }
}
