import type { Resolved } from '../resolved.ts'

/** One person of a group. Both addresses when WhatsApp told both. */
export interface GroupPerson {
  readonly jid: string
  readonly phoneJid: string | null
  readonly lid: string | null
  readonly role: 'member' | 'admin' | 'owner'
}

export interface GroupInfo {
  readonly id: string
  readonly subject: string
  readonly description: string | null
  readonly size: number
  /** epoch milliseconds; null when WhatsApp does not say */
  readonly createdAt: number | null
  readonly owner: { readonly jid: string; readonly phoneJid: string | null } | null
  readonly announcementsOnly: boolean
  readonly lockedSettings: boolean
  readonly joinApproval: boolean
  readonly membersCanAdd: boolean
  readonly disappearingSeconds: number
  readonly participants: readonly GroupPerson[]
}

/** What the server said of one person; error is its code, null: done. */
export interface PersonAnswer {
  /** every address by which the answer may be recognised */
  readonly jids: readonly string[]
  readonly error: number | null
}

export type GroupChange =
  | { readonly what: 'subject'; readonly subject: string }
  | { readonly what: 'description'; readonly description: string | null }
  | { readonly what: 'announcementsOnly' | 'lockedSettings' | 'joinApproval' | 'membersCanAdd'; readonly isOn: boolean }
  | { readonly what: 'disappearingSeconds'; readonly seconds: number }

/** Somebody who wants to be let into a group. */
export interface JoinRequest {
  readonly jid: string
  readonly phoneJid: string | null
  readonly lid: string | null
  readonly method: string | null
  /** epoch milliseconds */
  readonly requestedAt: number | null
}

export interface ProfileInfo {
  readonly about: string | null
  /** epoch milliseconds */
  readonly aboutSetAt: number | null
  readonly pictureUrl: string | null
}

export interface BlockedPerson {
  readonly jid: string
  readonly phoneJid: string | null
}

/** Messages of one author in one chat. */
export interface ReadReceipt {
  readonly chatJid: string
  readonly participantJid: string | null
  readonly whatsappIds: readonly string[]
}

/**
 * Questions and orders of one connection that are no messages. Every method spends from the session's budget of
 * questions and throws WhatsAppError: timed_out (the outcome is unknown), connection_closed (as well), server_refused
 * (with waCode), rate_limited (nothing was done).
 */
export interface WhatsAppCommands {
  /** Which of these E.164 numbers are on WhatsApp; in few questions, remembered for a day (absent ones: 5 min). */
  lookup(phones: readonly string[]): Promise<ReadonlyMap<string, Resolved>>
  /** The number behind a LID, from pairs that were seen before; null when never. */
  phoneJidOfLid(lid: string): Promise<string | null>
  profile(jid: string): Promise<ProfileInfo>
  listBlocked(): Promise<readonly BlockedPerson[]>
  /** @throws WhatsAppError lid_unknown: WhatsApp blocks people by LID and number */
  setBlocked(jid: string, isBlocked: boolean): Promise<void>
  createGroup(
    subject: string,
    jids: readonly string[],
  ): Promise<{ readonly group: GroupInfo; readonly refused: readonly PersonAnswer[] }>
  listGroups(): Promise<readonly GroupInfo[]>
  /** @param isFresh ask although it is remembered */
  group(id: string, isFresh?: boolean): Promise<GroupInfo>
  changeGroup(id: string, change: GroupChange): Promise<void>
  changeParticipants(
    id: string,
    action: 'add' | 'remove' | 'promote' | 'demote',
    jids: readonly string[],
  ): Promise<readonly PersonAnswer[]>
  joinRequests(id: string): Promise<readonly JoinRequest[]>
  decideJoinRequests(
    id: string,
    action: 'approve' | 'reject',
    jids: readonly string[],
  ): Promise<readonly PersonAnswer[]>
  inviteCode(id: string): Promise<string>
  revokeInvite(id: string): Promise<string>
  groupOfInvite(code: string): Promise<GroupInfo>
  joinGroup(code: string): Promise<{ readonly id: string; readonly isRequested: boolean }>
  leaveGroup(id: string): Promise<void>
  /** Bytes of a JPEG; null removes it. @param groupId null: our own */
  setPicture(groupId: string | null, jpeg: Uint8Array | null): Promise<void>
  ownProfile(): Promise<ProfileInfo & { readonly name: string | null }>
  setOwnName(name: string): Promise<void>
  setOwnAbout(about: string): Promise<void>
  sendPresence(
    state: 'composing' | 'recording' | 'paused' | 'available' | 'unavailable',
    jid: string | null,
  ): Promise<void>
  subscribePresence(jid: string): Promise<void>
  /** Tells the authors of messages that they were read; resolves when the server has the receipts. */
  markRead(receipts: readonly ReadReceipt[]): Promise<void>
  rejectCall(callId: string, callerJid: string): Promise<void>
}
