import {
  type BinaryNode,
  type GroupMetadata,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  isLidUser,
  isPnUser,
  jidNormalizedUser,
} from '@whiskeysockets/baileys'
// Not exported by the package's entry; the metadata it makes is what the library wants to find in its cache.
import { extractGroupMetadata } from '@whiskeysockets/baileys/lib/Socket/groups.js'
import { WhatsAppError } from '../errors.ts'
import type { GroupInfo, GroupPerson, JoinRequest, PersonAnswer } from './types.ts'

const ROLES: Readonly<Record<string, GroupPerson['role']>> = { admin: 'admin', superadmin: 'owner' }

const isRefused = ({ tag, attrs }: BinaryNode): boolean => tag === 'participant' && attrs.error !== undefined

/** People who could not be added stand among the members of a new group, with an error. */
const withoutRefused = (group: BinaryNode): BinaryNode =>
  Array.isArray(group.content) ? { ...group, content: group.content.filter((child) => !isRefused(child)) } : group

/** @throws WhatsAppError server_refused when the answer names no group */
export const readMetadata = (answer: BinaryNode): GroupMetadata => {
  const group = getBinaryNodeChild(answer, 'group')
  if (!group?.attrs.id) throw new WhatsAppError('server_refused', 'the answer names no group')
  return extractGroupMetadata({ ...answer, content: [withoutRefused(group)] })
}

export const readRefused = (answer: BinaryNode): PersonAnswer[] =>
  getBinaryNodeChildren(getBinaryNodeChild(answer, 'group'), 'participant').filter(isRefused).map(readPersonAnswer)

/** `<participant>` of an answer: whom it is about, by every address in it, and how it went. */
export const readPersonAnswer = ({ attrs }: BinaryNode): PersonAnswer => ({
  jids: [attrs.jid, attrs.phone_number, attrs.lid]
    .filter((jid) => jid !== undefined)
    .map((jid) => jidNormalizedUser(jid)),
  error: attrs.error === undefined || attrs.error === '200' ? null : Number(attrs.error) || 0,
})

/** `<membership_approval_request>`; none when it names nobody. */
export const readJoinRequest = ({ attrs }: BinaryNode): JoinRequest[] => {
  if (!attrs.jid) return []
  const jid = jidNormalizedUser(attrs.jid)
  const seconds = Number(attrs.request_time)
  return [
    {
      jid,
      phoneJid: isPnUser(jid) ? jid : attrs.phone_number ? jidNormalizedUser(attrs.phone_number) : null,
      lid: isLidUser(jid) ? jid : attrs.lid ? jidNormalizedUser(attrs.lid) : null,
      method: attrs.request_method || null,
      requestedAt: seconds > 0 ? seconds * 1_000 : null,
    },
  ]
}

export const groupInfoOf = (metadata: GroupMetadata): GroupInfo => ({
  id: metadata.id,
  subject: metadata.subject ?? '',
  description: metadata.desc || null,
  size: metadata.size ?? metadata.participants.length,
  createdAt: metadata.creation ? metadata.creation * 1_000 : null,
  owner: metadata.owner
    ? { jid: metadata.owner, phoneJid: metadata.ownerPn ?? (isPnUser(metadata.owner) ? metadata.owner : null) }
    : null,
  announcementsOnly: metadata.announce === true,
  lockedSettings: metadata.restrict === true,
  joinApproval: metadata.joinApprovalMode === true,
  membersCanAdd: metadata.memberAddMode === true,
  disappearingSeconds: metadata.ephemeralDuration ?? 0,
  participants: metadata.participants.map((person) => {
    const jid = jidNormalizedUser(person.id)
    return {
      jid,
      phoneJid: isPnUser(jid) ? jid : (person.phoneNumber ?? null),
      lid: isLidUser(jid) ? jid : (person.lid ?? null),
      role: ROLES[person.admin ?? ''] ?? 'member',
    }
  }),
})
