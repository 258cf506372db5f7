import * as z from 'zod'
import { Problem } from '../problem.ts'
import {
  changeMembers,
  createGroup,
  joinGroup,
  leaveGroup,
  type Outcome,
  updateGroup,
} from '../protocol/groups/members.ts'
import { findGroup, type Group, listGroups, membersOf, newInviteCode, roleOf } from '../store/groups.ts'
import { type Phone, phoneById } from '../store/phones.ts'
import { phoneJid } from '../wire/jid.ts'
import { element } from '../wire/stanza.ts'
import { type Call, ok, parseBody, phoneOrNew, phoneSchema, type Reply, type Route, requirePhone } from './route.ts'

const MAX_MEMBERS = 1024

const createBody = z.strictObject({
  creator: phoneSchema,
  subject: z.string().min(1).max(100),
  participants: z.array(phoneSchema).max(MAX_MEMBERS).default([]),
  addressing: z.enum(['pn', 'lid']).default('pn'),
})
const changeBody = z.strictObject({
  by: phoneSchema,
  subject: z.string().min(1).max(100).optional(),
  description: z.string().max(2048).nullable().optional(),
  announce: z.boolean().optional(),
  locked: z.boolean().optional(),
  joinApproval: z.boolean().optional(),
  ephemeralSeconds: z.int().min(0).optional(),
  revokeInvite: z.literal(true).optional(),
})
const membersBody = z.strictObject({
  by: phoneSchema,
  action: z.enum(['add', 'remove', 'promote', 'demote', 'leave', 'join']),
  participants: z.array(phoneSchema).max(MAX_MEMBERS).default([]),
})

/** The group a call names, as an address or as its number alone. */
export function requireGroup({ world, namespace }: Call, jid: string): Group {
  const group = findGroup(world.database, namespace, jid.includes('@') ? jid : `${jid}@g.us`)
  if (!group) throw new Problem(404, 'unknown_group', `There is no group ${jid} in namespace "${namespace}".`)
  return group
}

function create(call: Call): Reply {
  const { creator, subject, participants, addressing } = parseBody(createBody, call)
  const jids = participants.map((phone) => phoneJid(phone))
  const { group, outcomes } = createGroup(call.world, phoneOrNew(call, creator), subject, jids, addressing)
  return ok({ ...presentGroup(call, group), results: presentOutcomes(outcomes) }, 201)
}

/** A phone changes the group: every member's devices are told, as if its owner had done it. */
function change(call: Call): Reply {
  const { by, subject, description, announce, locked, joinApproval, ephemeralSeconds, revokeInvite } = parseBody(
    changeBody,
    call,
  )
  const group = requireGroup(call, call.params.group ?? '')
  const actor = requireAdmin(call, group, by)
  const apply = (what: Parameters<typeof updateGroup>[3], line: ReturnType<typeof element>) =>
    updateGroup(call.world, group, actor, what, line)
  const now = Date.now()
  if (subject !== undefined) apply({ subject, subjectBy: actor.id, subjectAt: now }, element('subject', { subject }))
  if (description !== undefined) {
    const id = description === null ? null : newInviteCode()
    const about = { description, descriptionId: id, descriptionBy: actor.id, descriptionAt: now }
    const body = description === null ? undefined : [element('body', {}, Buffer.from(description))]
    apply(about, element('description', id === null ? {} : { id }, body))
  }
  if (announce !== undefined)
    apply({ announce: Number(announce) }, element(announce ? 'announcement' : 'not_announcement'))
  if (locked !== undefined) apply({ locked: Number(locked) }, element(locked ? 'locked' : 'unlocked'))
  if (joinApproval !== undefined) {
    const state = element('group_join', { state: joinApproval ? 'on' : 'off' })
    apply({ joinApproval: Number(joinApproval) }, element('membership_approval_mode', {}, [state]))
  }
  if (ephemeralSeconds !== undefined)
    apply(
      { ephemeral: ephemeralSeconds },
      ephemeralSeconds ? element('ephemeral', { expiration: String(ephemeralSeconds) }) : element('not_ephemeral'),
    )
  if (revokeInvite) {
    const inviteCode = newInviteCode()
    apply({ inviteCode }, element('invite', { code: inviteCode }))
  }
  return ok(presentGroup(call, requireGroup(call, group.jid)))
}

function members(call: Call): Reply {
  const { by, action, participants } = parseBody(membersBody, call)
  const group = requireGroup(call, call.params.group ?? '')
  let outcomes: Outcome[] = []
  if (action === 'join') joinGroup(call.world, phoneOrNew(call, by), group)
  else if (action === 'leave') leaveGroup(call.world, group, requireMember(call, group, by))
  else {
    const jids = participants.map((phone) => phoneJid(phone))
    outcomes = changeMembers(call.world, group, requireAdmin(call, group, by), action, jids)
  }
  return ok({ ...presentGroup(call, group), results: presentOutcomes(outcomes) })
}

export function requireMember(call: Call, group: Group, number: string): Phone {
  const phone = requirePhone(call, number)
  if (roleOf(call.world.database, group.id, phone.id) === undefined)
    throw new Problem(409, 'not_a_member', `+${number} is not a member of ${group.jid}.`)
  return phone
}

function requireAdmin(call: Call, group: Group, number: string): Phone {
  const phone = requireMember(call, group, number)
  if (roleOf(call.world.database, group.id, phone.id) === '')
    throw new Problem(409, 'not_an_admin', `+${number} is no admin of ${group.jid}.`)
  return phone
}

function presentOutcomes(outcomes: Outcome[]) {
  return outcomes.map(({ jid, error }) => ({ phone: `+${jid.split('@')[0]}`, status: error ?? '200' }))
}

function presentGroup({ world }: Call, group: Group) {
  const creator = phoneById(world.database, group.creatorId)!
  return {
    jid: group.jid,
    subject: group.subject,
    description: group.description,
    creator: `+${creator.phone}`,
    addressing: group.addressing,
    announce: group.announce === 1,
    locked: group.locked === 1,
    joinApproval: group.joinApproval === 1,
    memberAddMode: group.allMemberAdd ? 'all_member_add' : 'admin_add',
    ephemeralSeconds: group.ephemeral,
    inviteCode: group.inviteCode,
    members: membersOf(world.database, group.id).map(({ phone, role }) => ({
      phone: `+${phone}`,
      role: role || 'member',
    })),
  }
}

export const groupRoutes: Route[] = [
  { method: 'POST', path: '/control/groups', handle: create },
  {
    method: 'GET',
    path: '/control/groups',
    handle: (call) =>
      ok({ data: listGroups(call.world.database, call.namespace).map((group) => presentGroup(call, group)) }),
  },
  {
    method: 'GET',
    path: '/control/groups/:group',
    handle: (call) => ok(presentGroup(call, requireGroup(call, call.params.group ?? ''))),
  },
  { method: 'POST', path: '/control/groups/:group', handle: change },
  { method: 'POST', path: '/control/groups/:group/participants', handle: members },
]
