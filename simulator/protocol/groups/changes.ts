import { newInviteCode } from '../../store/groups.ts'
import type { Stanza } from '../../wire/codec.ts'
import { bytesOf, childOf, contentBytes, element, seconds } from '../../wire/stanza.ts'
import type { World } from '../../world.ts'
import { type Answer, BAD_REQUEST, DONE, FORBIDDEN, NOT_IMPLEMENTED } from '../answer.ts'
import type { Asking } from './asking.ts'
import { memberJid } from './describe.ts'
import { updateGroup } from './members.ts'

const MAX_SUBJECT_LENGTH = 100
const MAX_DESCRIPTION_LENGTH = 2048

/** Subject, description, who may write or change, timer, invite link. A locked group is changed by admins only. */
export function answerChange(world: World, asking: Asking, child: Stanza): Answer {
  const { group, me, role } = asking
  const isAdmin = role !== ''
  const mayEdit = isAdmin || group.locked === 0
  const apply = (change: Parameters<typeof updateGroup>[3], line: Stanza): Answer => {
    updateGroup(world, group, me, change, line)
    return DONE
  }
  switch (child.tag) {
    case 'subject': {
      const subject = contentBytes(child)?.toString() ?? ''
      if (!mayEdit) return FORBIDDEN
      if (subject === '' || subject.length > MAX_SUBJECT_LENGTH) return { error: 406, text: 'not-acceptable' }
      const attrs = { subject, s_o: memberJid(group.addressing, me), s_t: seconds() }
      return apply({ subject, subjectBy: me.id, subjectAt: Date.now() }, element('subject', attrs))
    }
    case 'description':
      return mayEdit ? describe(world, asking, child) : FORBIDDEN
    case 'ephemeral':
    case 'not_ephemeral': {
      const ephemeral = child.tag === 'ephemeral' ? Number(child.attrs.expiration) : 0
      if (!mayEdit) return FORBIDDEN
      return Number.isInteger(ephemeral) ? apply({ ephemeral }, element(child.tag, child.attrs)) : BAD_REQUEST
    }
  }
  if (!isAdmin) return FORBIDDEN
  switch (child.tag) {
    case 'announcement':
    case 'not_announcement':
      return apply({ announce: Number(child.tag === 'announcement') }, element(child.tag))
    case 'locked':
    case 'unlocked':
      return apply({ locked: Number(child.tag === 'locked') }, element(child.tag))
    case 'member_add_mode': {
      const mode = contentBytes(child)?.toString() ?? ''
      return apply({ allMemberAdd: Number(mode === 'all_member_add') }, element(child.tag, {}, Buffer.from(mode)))
    }
    case 'membership_approval_mode': {
      const state = childOf(child, 'group_join')?.attrs.state ?? 'off'
      return apply({ joinApproval: Number(state === 'on') }, element(child.tag, {}, [element('group_join', { state })]))
    }
    case 'invite': {
      const inviteCode = newInviteCode()
      updateGroup(world, group, me, { inviteCode }, element('invite', { code: inviteCode }))
      return { content: [element('invite', { code: inviteCode })] }
    }
    case 'revoke':
      return DONE
    default:
      return NOT_IMPLEMENTED
  }
}

function describe(world: World, { group, me }: Asking, child: Stanza): Answer {
  // Two people editing at once: whoever did not see the other's text is told so.
  if ((child.attrs.prev ?? null) !== group.descriptionId) return { error: 409, text: 'conflict' }
  const body = bytesOf(child, 'body')
  const description = child.attrs.delete === 'true' ? null : (body?.toString() ?? '')
  if (description !== null && description.length > MAX_DESCRIPTION_LENGTH) return { error: 406, text: 'not-acceptable' }
  const descriptionId = description === null ? null : (child.attrs.id ?? null)
  const change = { description, descriptionId, descriptionBy: me.id, descriptionAt: Date.now() }
  const content = description === null ? undefined : [element('body', {}, Buffer.from(description))]
  const attrs: Record<string, string> = description === null ? { delete: 'true' } : { id: descriptionId ?? '' }
  updateGroup(world, group, me, change, element('description', attrs, content))
  return DONE
}
