import type { OperationKind } from './operation-kinds.ts'

/** Whom a command is about: a person by number or LID, or a group. */
export interface Target {
  /** E.164 */
  readonly phone: string | null
  /** …@lid */
  readonly lid: string | null
  /** …@g.us */
  readonly group: string | null
}

type Nothing = Readonly<Record<string, never>>
interface OfGroup {
  readonly groupId: string
}
interface OfPerson {
  readonly target: Target
}

/** What the API writes for the worker: all that the worker sees of a request. Additive only: rows outlive a deploy. */
export interface OperationInputs {
  readonly lookupContacts: { readonly addresses: readonly { readonly input: string; readonly target: Target }[] }
  readonly getContactProfile: OfPerson
  readonly listBlockedContacts: Nothing
  readonly blockContact: OfPerson
  readonly unblockContact: OfPerson
  readonly createGroup: {
    readonly subject: string
    readonly description: string | null
    readonly participants: readonly Target[]
  }
  readonly listGroups: Nothing
  readonly getGroup: OfGroup
  readonly updateGroup: OfGroup & { readonly changes: GroupChanges }
  readonly setGroupPicture: OfGroup & PictureInput
  readonly removeGroupPicture: OfGroup
  readonly changeGroupParticipants: OfGroup & {
    readonly action: 'add' | 'remove' | 'promote' | 'demote'
    readonly participants: readonly Target[]
  }
  readonly listGroupJoinRequests: OfGroup
  readonly decideGroupJoinRequests: OfGroup & {
    readonly action: 'approve' | 'reject'
    readonly participants: readonly Target[]
  }
  readonly getGroupInvite: OfGroup
  readonly revokeGroupInvite: OfGroup
  readonly getGroupInviteInfo: { readonly code: string }
  readonly joinGroup: { readonly code: string }
  readonly leaveGroup: OfGroup
  readonly markMessageRead: { readonly messages: readonly ReceivedMessage[]; readonly hasMore: boolean }
  readonly sendPresence: { readonly state: PresenceState; readonly target: Target | null }
  readonly subscribePresence: OfPerson
  readonly getProfile: Nothing
  readonly updateProfile: { readonly name: string | null; readonly about: string | null }
  readonly setProfilePicture: PictureInput
  readonly removeProfilePicture: Nothing
}

/** Compiles only while every kind has its input and nothing else has one. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never
export const EVERY_KIND_HAS_AN_INPUT: Same<keyof OperationInputs, OperationKind> = true

/** A message that somebody sent us, as WhatsApp names it. */
export interface ReceivedMessage {
  readonly messageId: string
  readonly whatsappId: string
  readonly chatJid: string
  /** who wrote it, in a group; null elsewhere */
  readonly participantJid: string | null
}

/** One of the two. */
export interface PictureInput {
  /** a square JPEG */
  readonly imageBase64?: string | undefined
  /** a file that the worker makes one of */
  readonly mediaId?: string | undefined
}

export type PresenceState = 'composing' | 'recording' | 'paused' | 'available' | 'unavailable'

/** Only what is to be changed is there. */
export interface GroupChanges {
  readonly subject?: string | undefined
  /** null removes it */
  readonly description?: string | null | undefined
  readonly announcementsOnly?: boolean | undefined
  readonly lockedSettings?: boolean | undefined
  readonly joinApproval?: boolean | undefined
  readonly membersCanAdd?: boolean | undefined
  /** 0: messages stay */
  readonly disappearingSeconds?: number | undefined
}
