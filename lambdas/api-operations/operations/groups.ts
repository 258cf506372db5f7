import { validationFault } from '../../../shared/http/validate.ts'
import { command } from '../command.ts'
import { parsePeople } from '../parse-address.ts'
import { parsePicture } from '../parse-picture.ts'
import type { OperationServices } from '../services.ts'

const LINK = /^(?:https?:\/\/)?chat\.whatsapp\.com\/(?:invite\/)?([\w-]{8,64})(?:\?.*)?$/
const CODE = /^[\w-]{8,64}$/

/** The code of an invite link, or a code itself. @throws Fault validation_failed */
const parseInvite = (text: string): string => {
  const code = LINK.exec(text.trim())?.[1] ?? CODE.exec(text.trim())?.[0]
  if (!code)
    throw validationFault([{ path: 'invite', message: 'Not an invite link (https://chat.whatsapp.com/…) or code' }])
  return code
}

const ofGroup = ({ params }: { params: { groupId: string } }) => ({ groupId: params.groupId })

export const groupHandlers = (services: OperationServices) => ({
  createGroup: command(services, 'createGroup', async ({ params, body }, context) => ({
    subject: body.subject,
    description: body.description || null,
    participants: await parsePeople(services.tables, context, params.sessionId, body.participants, 'participants'),
  })),
  listGroups: command(services, 'listGroups', () => ({})),
  getGroup: command(services, 'getGroup', ofGroup),
  updateGroup: command(services, 'updateGroup', ({ params, body }) => ({
    groupId: params.groupId,
    // An empty description is none.
    changes: { ...body, ...(body.description === '' ? { description: null } : {}) },
  })),
  setGroupPicture: command(services, 'setGroupPicture', async ({ params, body }, context) => ({
    groupId: params.groupId,
    ...(await parsePicture(services, context, body)),
  })),
  removeGroupPicture: command(services, 'removeGroupPicture', ofGroup),
  changeGroupParticipants: command(services, 'changeGroupParticipants', async ({ params, body }, context) => ({
    groupId: params.groupId,
    action: body.action,
    participants: await parsePeople(services.tables, context, params.sessionId, body.participants, 'participants'),
  })),
  listGroupJoinRequests: command(services, 'listGroupJoinRequests', ofGroup),
  decideGroupJoinRequests: command(services, 'decideGroupJoinRequests', async ({ params, body }, context) => ({
    groupId: params.groupId,
    action: body.action,
    participants: await parsePeople(services.tables, context, params.sessionId, body.participants, 'participants'),
  })),
  getGroupInvite: command(services, 'getGroupInvite', ofGroup),
  revokeGroupInvite: command(services, 'revokeGroupInvite', ofGroup),
  getGroupInviteInfo: command(services, 'getGroupInviteInfo', ({ params }) => ({ code: params.inviteCode })),
  joinGroup: command(services, 'joinGroup', ({ body }) => ({ code: parseInvite(body.invite) })),
  leaveGroup: command(services, 'leaveGroup', ofGroup),
})
