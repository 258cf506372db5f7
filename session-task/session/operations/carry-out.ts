import { assertNever } from '../../../shared/core/assert-never.ts'
import type { OperationInputs } from '../../../shared/core/operation-inputs.ts'
import type { OperationKind } from '../../../shared/core/operation-kinds.ts'
import type { CommandContext } from './command-context.ts'
import * as groups from './groups.ts'
import * as joinRequests from './join-requests.ts'
import * as people from './people.ts'
import * as profile from './profile.ts'
import * as reading from './reading.ts'

/**
 * Carries out one command over the connection. @returns the body that its 200 has (shared/contract)
 * @throws CommandFailure, WhatsAppError; what the stores throw decides nothing
 */
export const carryOut = async (context: CommandContext, kind: OperationKind, input: unknown): Promise<unknown> => {
  const as = <Kind extends OperationKind>(_: Kind) => input as OperationInputs[Kind]
  switch (kind) {
    case 'lookupContacts':
      return people.lookupContacts(context, as(kind))
    case 'getContactProfile':
      return people.getContactProfile(context, as(kind))
    case 'listBlockedContacts':
      return people.listBlockedContacts(context)
    case 'blockContact':
    case 'unblockContact':
      return people.setBlocked(context, as(kind), kind === 'blockContact')
    case 'createGroup':
      return groups.createGroup(context, as(kind))
    case 'listGroups':
      return groups.listGroups(context)
    case 'getGroup':
      return groups.getGroup(context, as(kind))
    case 'updateGroup':
      return groups.updateGroup(context, as(kind))
    case 'setGroupPicture':
      return groups.setGroupPicture(context, { groupId: as(kind).groupId, jpeg: await context.pictureOf(as(kind)) })
    case 'removeGroupPicture':
      return groups.setGroupPicture(context, { groupId: as(kind).groupId, jpeg: null })
    case 'changeGroupParticipants':
      return groups.changeGroupParticipants(context, as(kind))
    case 'listGroupJoinRequests':
      return joinRequests.listGroupJoinRequests(context, as(kind))
    case 'decideGroupJoinRequests':
      return joinRequests.decideGroupJoinRequests(context, as(kind))
    case 'getGroupInvite':
      return groups.getGroupInvite(context, as(kind))
    case 'revokeGroupInvite':
      return groups.revokeGroupInvite(context, as(kind))
    case 'getGroupInviteInfo':
      return groups.getGroupInviteInfo(context, as(kind))
    case 'joinGroup':
      return groups.joinGroup(context, as(kind))
    case 'leaveGroup':
      return groups.leaveGroup(context, as(kind))
    case 'markMessageRead':
      return reading.markMessageRead(context, as(kind))
    case 'sendPresence':
      return profile.sendPresence(context, as(kind))
    case 'subscribePresence':
      return profile.subscribePresence(context, as(kind))
    case 'getProfile':
      return profile.getProfile(context)
    case 'updateProfile':
      return profile.updateProfile(context, as(kind))
    case 'setProfilePicture':
      return profile.setProfilePicture(context, await context.pictureOf(as(kind)))
    case 'removeProfilePicture':
      return profile.setProfilePicture(context, null)
    default:
      return assertNever(kind)
  }
}
