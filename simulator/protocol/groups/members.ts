import { changeGroup, dropMember, findGroup, type Group, insertGroup, putMember, roleOf } from '../../store/groups.ts'
import type { Phone } from '../../store/phones.ts'
import type { Stanza } from '../../wire/codec.ts'
import { parseJid } from '../../wire/jid.ts'
import { element } from '../../wire/stanza.ts'
import type { World } from '../../world.ts'
import { findOrCreateAddressee } from '../addressee.ts'
import { groupStanza, participantStanza } from './describe.ts'
import { notifyGroup } from './notify.ts'

export type MemberAction = 'add' | 'remove' | 'promote' | 'demote'
/** One person of an action; `error` is what the server says of them alone. */
export type Outcome = { jid: string; phone?: Phone; error?: '403' | '404' | '406' | '409' }

/** Creates the group and tells everybody. People who cannot be added come back with an error, the group exists without them. */
export function createGroup(
  world: World,
  creator: Phone,
  subject: string,
  jids: string[],
  addressing: 'pn' | 'lid',
): { group: Group; outcomes: Outcome[] } {
  const { database } = world
  const { group, outcomes, tell } = database.transaction(() => {
    const created = insertGroup(database, creator, subject, addressing)
    putMember(database, created.id, creator.id, 'superadmin')
    const outcomes = jids
      .map((jid) => judge(world, created, 'add', jid))
      .filter(({ phone }) => phone?.id !== creator.id)
    for (const { phone, error } of outcomes) if (phone && !error) putMember(database, created.id, phone.id, '')
    const child = element('create', { type: 'new' }, [groupStanza(world, created)])
    return { group: created, outcomes, tell: notifyGroup(world, created, creator, child) }
  })
  tell()
  return { group, outcomes }
}

/** Adds, removes, promotes or demotes people, each for themselves, and tells the group what succeeded. */
export function changeMembers(
  world: World,
  group: Group,
  actor: Phone,
  action: MemberAction,
  jids: string[],
): Outcome[] {
  const { database } = world
  const { outcomes, tell } = database.transaction(() => {
    const outcomes = jids.map((jid) => judge(world, group, action, jid))
    const done = outcomes.flatMap(({ phone, error }) => (phone && !error ? [phone] : []))
    for (const phone of done) {
      if (action === 'remove') dropMember(database, group, phone.id)
      else putMember(database, group.id, phone.id, action === 'promote' ? 'admin' : '')
    }
    if (done.length === 0) return { outcomes, tell: () => {} }
    const child = element(
      action,
      {},
      done.map((phone) => participantStanza(group.addressing, phone)),
    )
    return { outcomes, tell: notifyGroup(world, group, actor, child, done) }
  })
  tell()
  return outcomes
}

/** A member goes by itself: to everybody else a `remove` whose author is the one removed. */
export function leaveGroup(world: World, group: Group, phone: Phone): void {
  const { database } = world
  database.transaction(() => {
    dropMember(database, group, phone.id)
    return notifyGroup(world, group, phone, element('remove', {}, [participantStanza(group.addressing, phone)]), [
      phone,
    ])
  })()
}

/** Joins by invite code; with join approval on it only asks. @returns the group, or undefined if no group has this code */
export function joinGroup(world: World, phone: Phone, group: Group): 'joined' | 'requested' {
  const { database } = world
  const isMember = roleOf(database, group.id, phone.id) !== undefined
  if (isMember) return 'joined'
  if (group.joinApproval) {
    askToJoin(world, group, phone)
    return 'requested'
  }
  admit(world, group, phone, phone, 'invite')
  return 'joined'
}

/** The admins are told of who waits. */
function askToJoin(world: World, group: Group, phone: Phone): void {
  const { database } = world
  const tell = database.transaction(() => {
    database.run('INSERT OR IGNORE INTO group_requests VALUES (?, ?, ?)', group.id, phone.id, Date.now())
    const child = element('created_membership_requests', { request_method: 'invite_link' })
    return notifyGroup(world, group, phone, child, [], ({ role }) => role !== '')
  })
  tell()
}

/** Puts somebody who asked, or used the link, into the group. */
export function admit(world: World, group: Group, actor: Phone, phone: Phone, reason: string): void {
  const { database } = world
  database.transaction(() => {
    putMember(database, group.id, phone.id, '')
    database.run('DELETE FROM group_requests WHERE groupId = ? AND phoneId = ?', group.id, phone.id)
    const child = element('add', { reason }, [participantStanza(group.addressing, phone)])
    return notifyGroup(world, group, actor, child)
  })()
}

/** One change of the group itself together with the line that announces it. @returns the group as it is now */
export function updateGroup(
  world: World,
  group: Group,
  actor: Phone,
  change: Parameters<typeof changeGroup>[2],
  child: Stanza,
): Group {
  world.database.transaction(() => {
    changeGroup(world.database, group.id, change)
    return notifyGroup(world, group, actor, child)
  })()
  return findGroup(world.database, group.namespace, group.jid)!
}

function judge(world: World, group: Group, action: MemberAction, jidText: string): Outcome {
  const jid = parseJid(jidText)
  const phone = jid && findOrCreateAddressee(world, group.namespace, jid)
  if (!phone) return { jid: jidText, error: '404' }
  const role = roleOf(world.database, group.id, phone.id)
  if (action === 'add') {
    if (role !== undefined) return { jid: jidText, phone, error: '409' }
    return phone.groupAdd === 'nobody' ? { jid: jidText, phone, error: '403' } : { jid: jidText, phone }
  }
  if (role === undefined) return { jid: jidText, phone, error: '404' }
  // Nobody takes the group from the one who made it.
  if (role === 'superadmin' && action !== 'promote') return { jid: jidText, phone, error: '406' }
  return { jid: jidText, phone }
}
