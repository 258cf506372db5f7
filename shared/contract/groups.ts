import * as z from 'zod'
import { emptyBody, isoTime } from './common.ts'
import { addressSchema } from './content/address.ts'
import type { Operation } from './operation.ts'
import { COMMAND_FAULTS, command, operationSchema } from './operation-resource.ts'
import { PICTURE_FAULTS, pictureBody } from './picture.ts'
import { sessionParams } from './sessions.ts'

/** WhatsApp's own limits. */
const SUBJECT_CHARACTERS = 100
const DESCRIPTION_CHARACTERS = 2_048
const PARTICIPANTS_MAX = 1_024
/** At once: one question to WhatsApp with a result per person. */
const CHANGED_PARTICIPANTS_MAX = 100
const DISAPPEARING_SECONDS = [0, 86_400, 604_800, 7_776_000] as const

const subjectSchema = z.string().trim().min(1).max(SUBJECT_CHARACTERS).meta({ example: 'Project Falcon' })
const descriptionSchema = z.string().max(DESCRIPTION_CHARACTERS)
const personSchema = z.string().min(1).max(100).meta({ example: '+5511988887777' })
const groupIdSchema = z
  .string()
  .max(100)
  .regex(/^\d+(-\d+)?@g\.us$/, 'Not a group id: …@g.us')
  .meta({ example: '120363012345678901@g.us' })

const settingsFields = {
  announcementsOnly: z.boolean().meta({ description: 'Only admins write' }),
  lockedSettings: z.boolean().meta({ description: 'Only admins change subject, description and picture' }),
  joinApproval: z.boolean().meta({ description: 'Who uses the invite link waits for an admin' }),
  membersCanAdd: z.boolean().meta({ description: 'Members add people, not only admins' }),
}

const summaryFields = {
  id: z.string().meta({ example: '120363012345678901@g.us' }),
  subject: z.string(),
  description: z.string().nullable(),
  size: z.number().int(),
  role: z.enum(['member', 'admin', 'owner']).nullable().meta({ description: 'Ours; null: we are not in it' }),
  ...settingsFields,
  disappearingSeconds: z.number().int().meta({ description: '0: messages stay' }),
  createdAt: isoTime.nullable(),
}

export const groupSummarySchema = z.object(summaryFields).meta({ id: 'GroupSummary' })
export const groupSchema = z
  .object({
    ...summaryFields,
    owner: addressSchema.nullable(),
    participants: z.array(z.object({ participant: addressSchema, role: z.enum(['member', 'admin', 'owner']) })),
  })
  .meta({ id: 'Group' })

const outcomesSchema = z.array(
  z.object({
    participant: addressSchema,
    status: z.enum(['done', 'unchanged', 'needsInvite', 'failed']).meta({
      description:
        'unchanged: it was so before; needsInvite: the person does not let us add them, send them the invite link',
    }),
    code: z.string().nullable().meta({ example: 'recipient_not_on_whatsapp' }),
  }),
)
const createdGroupSchema = groupSchema.extend({ results: outcomesSchema }).meta({ id: 'CreatedGroup' })
const participantResultsSchema = z
  .object({ groupId: z.string(), action: z.string(), results: outcomesSchema })
  .meta({ id: 'GroupParticipantResults' })
const joinRequestsSchema = z
  .object({
    data: z.array(
      z.object({
        participant: addressSchema,
        method: z.string().nullable().meta({
          description: "How they asked, in WhatsApp's own words",
          example: 'invite_link',
        }),
        requestedAt: isoTime.nullable(),
      }),
    ),
  })
  .meta({ id: 'GroupJoinRequests' })
const inviteSchema = z
  .object({ groupId: z.string(), code: z.string(), link: z.string().meta({ example: 'https://chat.whatsapp.com/…' }) })
  .meta({ id: 'GroupInvite' })
const joinedSchema = z
  .object({
    groupId: z.string(),
    status: z.enum(['joined', 'requested']).meta({ description: 'requested: an admin has to let us in' }),
  })
  .meta({ id: 'GroupJoined' })
const doneSchema = z.object({ groupId: z.string() }).meta({ id: 'GroupDone' })

const params = sessionParams.extend({ groupId: groupIdSchema })
const common = { ...command, tag: 'groups' } as const
const faults = [...COMMAND_FAULTS, 'not_group_member'] as const
const adminFaults = [...faults, 'not_group_admin'] as const
const reads = { ...common, method: 'GET', scopes: ['groups:read'], idempotent: 'natural' } as const
const manages = { ...common, scopes: ['groups:manage'], idempotent: 'operationRow' } as const

export const groupOperations = {
  createGroup: {
    ...manages,
    method: 'POST',
    path: '/v1/sessions/{sessionId}/groups',
    summary: 'Create a group',
    params: sessionParams,
    body: z.strictObject({
      subject: subjectSchema,
      description: descriptionSchema.optional(),
      participants: z
        .array(personSchema)
        .min(1)
        .max(PARTICIPANTS_MAX - 1),
    }),
    responses: { 200: createdGroupSchema, 202: operationSchema },
    faults: COMMAND_FAULTS,
  },
  listGroups: {
    ...reads,
    path: '/v1/sessions/{sessionId}/groups',
    summary: 'Groups the account is in',
    params: sessionParams,
    responses: { 200: z.object({ data: z.array(groupSummarySchema) }), 202: operationSchema },
    faults: COMMAND_FAULTS,
  },
  getGroup: {
    ...reads,
    path: '/v1/sessions/{sessionId}/groups/{groupId}',
    summary: 'Get a group with its participants',
    params,
    responses: { 200: groupSchema, 202: operationSchema },
    faults,
  },
  updateGroup: {
    ...manages,
    method: 'PATCH',
    path: '/v1/sessions/{sessionId}/groups/{groupId}',
    summary: 'Change subject, description or settings',
    params,
    body: z
      .strictObject({
        subject: subjectSchema.optional(),
        description: descriptionSchema.nullable().optional().meta({ description: 'null removes it' }),
        announcementsOnly: settingsFields.announcementsOnly.optional(),
        lockedSettings: settingsFields.lockedSettings.optional(),
        joinApproval: settingsFields.joinApproval.optional(),
        membersCanAdd: settingsFields.membersCanAdd.optional(),
        disappearingSeconds: z.literal(DISAPPEARING_SECONDS).optional(),
      })
      .refine((body) => Object.values(body).some((value) => value !== undefined), 'Nothing to change'),
    responses: { 200: groupSchema, 202: operationSchema },
    faults: adminFaults,
  },
  setGroupPicture: {
    ...manages,
    method: 'PUT',
    path: '/v1/sessions/{sessionId}/groups/{groupId}/picture',
    summary: 'Set the picture of a group',
    params,
    body: pictureBody,
    responses: { 200: doneSchema, 202: operationSchema },
    faults: [...adminFaults, ...PICTURE_FAULTS],
  },
  removeGroupPicture: {
    ...manages,
    method: 'DELETE',
    path: '/v1/sessions/{sessionId}/groups/{groupId}/picture',
    summary: 'Remove the picture of a group',
    params,
    responses: { 200: doneSchema, 202: operationSchema },
    faults: adminFaults,
  },
  changeGroupParticipants: {
    ...manages,
    method: 'POST',
    path: '/v1/sessions/{sessionId}/groups/{groupId}/participants',
    summary: 'Add, remove, promote or demote people; a result per person',
    params,
    body: z.strictObject({
      action: z.enum(['add', 'remove', 'promote', 'demote']),
      participants: z.array(personSchema).min(1).max(CHANGED_PARTICIPANTS_MAX),
    }),
    responses: { 200: participantResultsSchema, 202: operationSchema },
    faults: adminFaults,
  },
  listGroupJoinRequests: {
    ...reads,
    path: '/v1/sessions/{sessionId}/groups/{groupId}/join-requests',
    summary: 'Who waits to be let into a group (admins)',
    params,
    responses: { 200: joinRequestsSchema, 202: operationSchema },
    faults: adminFaults,
  },
  decideGroupJoinRequests: {
    ...manages,
    method: 'POST',
    path: '/v1/sessions/{sessionId}/groups/{groupId}/join-requests',
    summary: 'Let people in who asked, or refuse them; a result per person',
    params,
    body: z.strictObject({
      action: z.enum(['approve', 'reject']),
      participants: z.array(personSchema).min(1).max(CHANGED_PARTICIPANTS_MAX),
    }),
    responses: { 200: participantResultsSchema, 202: operationSchema },
    faults: adminFaults,
  },
  getGroupInvite: {
    ...reads,
    path: '/v1/sessions/{sessionId}/groups/{groupId}/invite',
    summary: 'Get the invite link (admins)',
    params,
    responses: { 200: inviteSchema, 202: operationSchema },
    faults: adminFaults,
  },
  revokeGroupInvite: {
    ...manages,
    method: 'POST',
    path: '/v1/sessions/{sessionId}/groups/{groupId}/invite/revoke',
    summary: 'Make the invite link void; the answer has the new one',
    params,
    body: emptyBody,
    responses: { 200: inviteSchema, 202: operationSchema },
    faults: adminFaults,
  },
  getGroupInviteInfo: {
    ...reads,
    path: '/v1/sessions/{sessionId}/group-invites/{inviteCode}',
    summary: 'Which group an invite leads to',
    params: sessionParams.extend({ inviteCode: z.string().regex(/^[\w-]{8,64}$/, 'Not an invite code') }),
    responses: { 200: groupSummarySchema, 202: operationSchema },
    faults: [...COMMAND_FAULTS, 'invalid_invite'],
  },
  joinGroup: {
    ...manages,
    method: 'POST',
    path: '/v1/sessions/{sessionId}/groups/join',
    summary: 'Join a group by its invite link or code',
    params: sessionParams,
    body: z.strictObject({ invite: z.string().min(1).max(200).meta({ example: 'https://chat.whatsapp.com/AbCdEf' }) }),
    responses: { 200: joinedSchema, 202: operationSchema },
    faults: [...COMMAND_FAULTS, 'invalid_invite'],
  },
  leaveGroup: {
    ...manages,
    method: 'POST',
    path: '/v1/sessions/{sessionId}/groups/{groupId}/leave',
    summary: 'Leave a group',
    params,
    body: emptyBody,
    responses: { 200: doneSchema, 202: operationSchema },
    faults,
  },
} as const satisfies Record<string, Operation>
