import type * as z from 'zod'
import type { Operations } from '../../../shared/contract/operations.ts'
import type { GroupChanges, OperationInputs } from '../../../shared/core/operation-inputs.ts'
import type { GroupChange, GroupInfo } from '../../whatsapp/commands/types.ts'
import { WhatsAppError } from '../../whatsapp/errors.ts'
import { lidOfJid, phoneOfJid } from '../addresses.ts'
import { addressOfJid, type CommandContext } from './command-context.ts'
import { CommandFailure } from './command-failure.ts'
import { changeEach, findPeople } from './group-people.ts'

type Kinds = keyof Operations & keyof OperationInputs
export type ResultOf<Kind extends Kinds> = z.input<Operations[Kind]['responses'][200]>

const INVITE_LINK = 'https://chat.whatsapp.com/'
/** How many addresses of a large group are looked up side by side. */
const LOOKUPS = 16

const notMember = (): CommandFailure =>
  new CommandFailure('not_group_member', 'The account is not in this group, or there is no such group.')
const notAdmin = (): CommandFailure =>
  new CommandFailure('not_group_admin', 'The account is no admin of this group, which this needs.')

const roleIn = (
  { own }: CommandContext,
  { participants }: GroupInfo,
): GroupInfo['participants'][number]['role'] | null =>
  participants.find(
    ({ phoneJid, lid }) =>
      (own.phone !== null && phoneOfJid(phoneJid) === own.phone) || (own.lid !== null && lidOfJid(lid) === own.lid),
  )?.role ?? null

const summaryOf = (context: CommandContext, group: GroupInfo): ResultOf<'getGroupInviteInfo'> => ({
  id: group.id,
  subject: group.subject,
  description: group.description,
  size: group.size,
  role: roleIn(context, group),
  announcementsOnly: group.announcementsOnly,
  lockedSettings: group.lockedSettings,
  joinApproval: group.joinApproval,
  membersCanAdd: group.membersCanAdd,
  disappearingSeconds: group.disappearingSeconds,
  createdAt: group.createdAt === null ? null : new Date(group.createdAt).toISOString(),
})

const describeGroup = async (context: CommandContext, group: GroupInfo): Promise<ResultOf<'getGroup'>> => {
  const participants: ResultOf<'getGroup'>['participants'] = []
  for (let start = 0; start < group.participants.length; start += LOOKUPS)
    participants.push(
      ...(await Promise.all(
        group.participants
          .slice(start, start + LOOKUPS)
          .map(async (person) => ({ participant: await addressOfJid(context, person.jid, person), role: person.role })),
      )),
    )
  const owner = group.owner && (await addressOfJid(context, group.owner.jid, group.owner))
  return { ...summaryOf(context, group), owner, participants }
}

/** WhatsApp says "no" in the same words to strangers and to members that are no admins: a look at the group tells. */
export const explained = async <T>(context: CommandContext, groupId: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof WhatsAppError) || ![401, 403, 404].includes(error.waCode ?? 0)) throw error
    const group = await context.commands.group(groupId, true).catch((cause: unknown) => {
      if (cause instanceof WhatsAppError && cause.code === 'server_refused') return null
      throw cause
    })
    const role = group && roleIn(context, group)
    if (role === null) throw notMember()
    throw role === 'member' ? notAdmin() : error
  }
}

export const createGroup = async (
  context: CommandContext,
  { subject, description, participants }: OperationInputs['createGroup'],
): Promise<ResultOf<'createGroup'>> => {
  const people = await findPeople(context, participants)
  if (people.present.length === 0)
    throw new CommandFailure('recipient_not_on_whatsapp', 'None of the participants is on WhatsApp; no group was made.')
  context.begin()
  const { group, refused } = await context.commands.createGroup(
    subject,
    people.present.map(({ jid }) => jid),
  )
  const results = await people.resultsOf('add', [
    ...refused,
    ...group.participants.map(({ jid, phoneJid, lid }) => ({
      jids: [jid, phoneJid, lid].filter((each) => each !== null),
      error: null,
    })),
  ])
  if (description !== null) {
    // The group exists: what WhatsApp makes of its description must not hide that. The answer shows what became of it.
    await context.commands.changeGroup(group.id, { what: 'description', description }).catch((error: unknown) => {
      if (!(error instanceof WhatsAppError)) throw error
    })
  }
  const made = description === null ? group : await context.commands.group(group.id).catch(() => group)
  return { ...(await describeGroup(context, made)), results }
}

export const listGroups = async (context: CommandContext): Promise<ResultOf<'listGroups'>> => ({
  data: (await context.commands.listGroups()).map((group) => summaryOf(context, group)),
})

export const getGroup = (
  context: CommandContext,
  { groupId }: OperationInputs['getGroup'],
): Promise<ResultOf<'getGroup'>> =>
  explained(context, groupId, async () => {
    const group = await context.commands.group(groupId)
    // The account may have been put out of it while nobody told us.
    if (roleIn(context, group) === null) throw notMember()
    return describeGroup(context, group)
  })

const changesOf = (changes: GroupChanges): GroupChange[] => [
  ...(changes.subject === undefined ? [] : [{ what: 'subject' as const, subject: changes.subject }]),
  ...(changes.description === undefined ? [] : [{ what: 'description' as const, description: changes.description }]),
  ...(['announcementsOnly', 'lockedSettings', 'joinApproval', 'membersCanAdd'] as const).flatMap((what) => {
    const isOn = changes[what]
    return isOn === undefined ? [] : [{ what, isOn }]
  }),
  ...(changes.disappearingSeconds === undefined
    ? []
    : [{ what: 'disappearingSeconds' as const, seconds: changes.disappearingSeconds }]),
]

/** One after the other, as WhatsApp knows them; a refusal leaves those before it. */
export const updateGroup = (
  context: CommandContext,
  { groupId, changes }: OperationInputs['updateGroup'],
): Promise<ResultOf<'updateGroup'>> =>
  explained(context, groupId, async () => {
    for (const change of changesOf(changes)) await context.commands.changeGroup(groupId, change)
    return describeGroup(context, await context.commands.group(groupId, true))
  })

export const changeGroupParticipants = (
  context: CommandContext,
  { groupId, action, participants }: OperationInputs['changeGroupParticipants'],
): Promise<ResultOf<'changeGroupParticipants'>> =>
  explained(context, groupId, async () => ({
    groupId,
    action,
    results: await changeEach(context, groupId, action, participants),
  }))

export const setGroupPicture = (
  context: CommandContext,
  { groupId, jpeg }: { groupId: string; jpeg: Uint8Array | null },
): Promise<ResultOf<'setGroupPicture'>> =>
  explained(context, groupId, async () => {
    await context.commands.setPicture(groupId, jpeg)
    return { groupId }
  })

const inviteOf = (groupId: string, code: string) => ({ groupId, code, link: INVITE_LINK + code })

export const getGroupInvite = (context: CommandContext, { groupId }: OperationInputs['getGroupInvite']) =>
  explained(context, groupId, async () => inviteOf(groupId, await context.commands.inviteCode(groupId)))

export const revokeGroupInvite = (context: CommandContext, { groupId }: OperationInputs['revokeGroupInvite']) =>
  explained(context, groupId, async () => {
    context.begin()
    return inviteOf(groupId, await context.commands.revokeInvite(groupId))
  })

/** Codes by which WhatsApp says that an invite is wrong, was revoked, or that we were put out. */
const NO_INVITE = new Set([400, 401, 403, 404, 406, 410])

const invited = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof WhatsAppError) || !NO_INVITE.has(error.waCode ?? 0)) throw error
    throw new CommandFailure('invalid_invite', 'The invite is not valid, or not any more.')
  }
}

export const getGroupInviteInfo = (
  context: CommandContext,
  { code }: OperationInputs['getGroupInviteInfo'],
): Promise<ResultOf<'getGroupInviteInfo'>> =>
  invited(async () => summaryOf(context, await context.commands.groupOfInvite(code)))

export const joinGroup = (
  { commands }: CommandContext,
  { code }: OperationInputs['joinGroup'],
): Promise<ResultOf<'joinGroup'>> =>
  invited(async () => {
    const { id, isRequested } = await commands.joinGroup(code)
    return { groupId: id, status: isRequested ? 'requested' : 'joined' }
  })

export const leaveGroup = async (
  { commands, isRepeat }: CommandContext,
  { groupId }: OperationInputs['leaveGroup'],
): Promise<ResultOf<'leaveGroup'>> => {
  try {
    await commands.leaveGroup(groupId)
  } catch (error) {
    const isGone = error instanceof WhatsAppError && [403, 404].includes(error.waCode ?? 0)
    if (!isGone) throw error
    // Whoever tried before us may have got this far.
    if (!isRepeat) throw notMember()
  }
  return { groupId }
}
