/**
 * Commands that a worker carries out and that have an answer (OPERATION rows). The name of a kind is the name of the API
 * operation that makes it. `read` and `set` (to a value) may be carried out again; `once` never, after it began
 * (protocol §9). `expiresAfterSeconds`: how long it may wait for the session to be connected.
 */
export const OPERATION_KINDS = {
  lookupContacts: { effect: 'read', expiresAfterSeconds: 120 },
  getContactProfile: { effect: 'read', expiresAfterSeconds: 120 },
  listBlockedContacts: { effect: 'read', expiresAfterSeconds: 120 },
  blockContact: { effect: 'set', expiresAfterSeconds: 120 },
  unblockContact: { effect: 'set', expiresAfterSeconds: 120 },
  createGroup: { effect: 'once', expiresAfterSeconds: 120 },
  listGroups: { effect: 'read', expiresAfterSeconds: 120 },
  getGroup: { effect: 'read', expiresAfterSeconds: 120 },
  updateGroup: { effect: 'set', expiresAfterSeconds: 120 },
  setGroupPicture: { effect: 'set', expiresAfterSeconds: 120 },
  removeGroupPicture: { effect: 'set', expiresAfterSeconds: 120 },
  changeGroupParticipants: { effect: 'set', expiresAfterSeconds: 120 },
  listGroupJoinRequests: { effect: 'read', expiresAfterSeconds: 120 },
  decideGroupJoinRequests: { effect: 'set', expiresAfterSeconds: 120 },
  getGroupInvite: { effect: 'read', expiresAfterSeconds: 120 },
  revokeGroupInvite: { effect: 'once', expiresAfterSeconds: 120 },
  getGroupInviteInfo: { effect: 'read', expiresAfterSeconds: 120 },
  joinGroup: { effect: 'set', expiresAfterSeconds: 120 },
  leaveGroup: { effect: 'set', expiresAfterSeconds: 120 },
  markMessageRead: { effect: 'set', expiresAfterSeconds: 86_400 },
  sendPresence: { effect: 'set', expiresAfterSeconds: 15 },
  subscribePresence: { effect: 'set', expiresAfterSeconds: 60 },
  getProfile: { effect: 'read', expiresAfterSeconds: 120 },
  updateProfile: { effect: 'set', expiresAfterSeconds: 120 },
  setProfilePicture: { effect: 'set', expiresAfterSeconds: 120 },
  removeProfilePicture: { effect: 'set', expiresAfterSeconds: 120 },
} as const satisfies Record<string, { effect: 'read' | 'set' | 'once'; expiresAfterSeconds: number }>

export type OperationKind = keyof typeof OPERATION_KINDS
export type OperationEffect = (typeof OPERATION_KINDS)[OperationKind]['effect']

export const isOperationKind = (name: string): name is OperationKind => Object.hasOwn(OPERATION_KINDS, name)

export const OPERATION_STATUSES = ['pending', 'running', 'succeeded', 'failed', 'expired', 'unknown'] as const
export type OperationStatus = (typeof OPERATION_STATUSES)[number]

export const isOperationSettled = (status: OperationStatus): boolean => status !== 'pending' && status !== 'running'

/**
 * How an operation ends that nobody carries out to its end: one that never began is expired; one that began may have had
 * its effect, unless it only reads.
 */
export const endOfAbandoned = (effect: OperationEffect, began: boolean): 'expired' | 'unknown' =>
  began && effect !== 'read' ? 'unknown' : 'expired'
