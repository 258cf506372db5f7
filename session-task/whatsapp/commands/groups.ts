import { randomBytes } from 'node:crypto'
import { type BinaryNode, type GroupMetadata, getBinaryNodeChild, getBinaryNodeChildren } from '@whiskeysockets/baileys'
import { WhatsAppError } from '../errors.ts'
import type { SessionCaches } from '../session-caches.ts'
import { type Ask, iq } from './ask.ts'
import { groupInfoOf, readJoinRequest, readMetadata, readPersonAnswer, readRefused } from './read-group.ts'
import type { GroupChange, GroupInfo, WhatsAppCommands } from './types.ts'

const ANY_GROUP = '@g.us'
const REFUSED = 'WhatsApp refused it for this group'

const w = (type: 'get' | 'set', to: string, content: BinaryNode): BinaryNode => iq(type, 'w:g2', [content], { to })
const node = (tag: string, attrs: Record<string, string> = {}, content?: BinaryNode['content']): BinaryNode => ({
  tag,
  attrs,
  ...(content === undefined ? {} : { content }),
})
const people = (jids: readonly string[]): BinaryNode[] => jids.map((jid) => node('participant', { jid }))
const newId = (): string => `3EB0${randomBytes(9).toString('hex').toUpperCase()}`

type GroupCommands = Pick<
  WhatsAppCommands,
  | 'createGroup'
  | 'listGroups'
  | 'group'
  | 'changeGroup'
  | 'changeParticipants'
  | 'joinRequests'
  | 'decideJoinRequests'
  | 'inviteCode'
  | 'revokeInvite'
  | 'groupOfInvite'
  | 'joinGroup'
  | 'leaveGroup'
>

/** Groups, asked directly: the library's own functions lose errors per person and take a time-out for an empty answer. */
export const groupCommands = (ask: Ask, caches: Pick<SessionCaches, 'groups'>): GroupCommands => {
  const remember = (metadata: GroupMetadata): GroupInfo => {
    caches.groups.set(metadata.id, metadata)
    return groupInfoOf(metadata)
  }
  /** The server need not tell the device that made a change of it. */
  const changed = async <T>(id: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } finally {
      caches.groups.del(id)
    }
  }
  const askMetadata = async (id: string): Promise<GroupMetadata> =>
    readMetadata(await ask(w('get', id, node('query', { request: 'interactive' }))))

  return {
    createGroup: async (subject, jids) => {
      const answer = await ask(w('set', ANY_GROUP, node('create', { subject, key: newId() }, people(jids))))
      return { group: remember(readMetadata(answer)), refused: readRefused(answer) }
    },
    listGroups: async () => {
      const content = [node('participants'), node('description')]
      const answer = await ask(w('get', ANY_GROUP, node('participating', {}, content)))
      const list = getBinaryNodeChild(answer, 'groups')
      return getBinaryNodeChildren(list, 'group').map((group) =>
        remember(readMetadata({ ...answer, content: [group] })),
      )
    },
    group: async (id, isFresh = false) => {
      const known = isFresh ? undefined : caches.groups.get<GroupMetadata>(id)
      return known ? groupInfoOf(known) : remember(await askMetadata(id))
    },
    changeGroup: (id, change) =>
      changed(id, async () => {
        // WhatsApp takes a description only from who has seen the one before.
        const previous = change.what === 'description' ? (await askMetadata(id)).descId : undefined
        await ask(w('set', id, changeNode(change, previous)))
      }),
    changeParticipants: (id, action, jids) =>
      changed(id, async () => {
        const answer = await ask(w('set', id, node(action, {}, people(jids))))
        return getBinaryNodeChildren(getBinaryNodeChild(answer, action), 'participant').map(readPersonAnswer)
      }),
    joinRequests: async (id) => {
      const answer = await ask(w('get', id, node('membership_approval_requests')))
      const list = getBinaryNodeChild(answer, 'membership_approval_requests')
      return getBinaryNodeChildren(list, 'membership_approval_request').flatMap(readJoinRequest)
    },
    decideJoinRequests: (id, action, jids) =>
      changed(id, async () => {
        const answer = await ask(w('set', id, node('membership_requests_action', {}, [node(action, {}, people(jids))])))
        const decided = getBinaryNodeChild(getBinaryNodeChild(answer, 'membership_requests_action'), action)
        return getBinaryNodeChildren(decided, 'participant').map(readPersonAnswer)
      }),
    inviteCode: async (id) => codeIn(await ask(w('get', id, node('invite')))),
    revokeInvite: async (id) => codeIn(await ask(w('set', id, node('invite')))),
    groupOfInvite: async (code) => groupInfoOf(readMetadata(await ask(w('get', ANY_GROUP, node('invite', { code }))))),
    joinGroup: async (code) => {
      const answer = await ask(w('set', ANY_GROUP, node('invite', { code })))
      const joined = getBinaryNodeChild(answer, 'group')?.attrs.jid
      const requested = getBinaryNodeChild(answer, 'membership_approval_request')?.attrs.jid
      const id = joined ?? requested
      if (!id) throw new WhatsAppError('server_refused', 'the answer names no group')
      return { id, isRequested: joined === undefined }
    },
    leaveGroup: (id) =>
      changed(id, async () => {
        const answer = await ask(w('set', ANY_GROUP, node('leave', {}, [node('group', { id })])))
        const error = getBinaryNodeChildren(getBinaryNodeChild(answer, 'leave'), 'group').find(
          ({ attrs }) => attrs.error,
        )
        if (error) throw new WhatsAppError('server_refused', REFUSED, Number(error.attrs.error))
      }),
  }
}

const codeIn = (answer: BinaryNode): string => {
  const code = getBinaryNodeChild(answer, 'invite')?.attrs.code
  if (!code) throw new WhatsAppError('server_refused', 'the answer has no invite code')
  return code
}

const changeNode = (change: GroupChange, previousDescription: string | undefined): BinaryNode => {
  switch (change.what) {
    case 'subject':
      return node('subject', {}, Buffer.from(change.subject))
    case 'description': {
      const prev: Record<string, string> = previousDescription ? { prev: previousDescription } : {}
      return change.description === null
        ? node('description', { delete: 'true', ...prev })
        : node('description', { id: newId(), ...prev }, [node('body', {}, Buffer.from(change.description))])
    }
    case 'announcementsOnly':
      return node(change.isOn ? 'announcement' : 'not_announcement')
    case 'lockedSettings':
      return node(change.isOn ? 'locked' : 'unlocked')
    case 'membersCanAdd':
      return node('member_add_mode', {}, Buffer.from(change.isOn ? 'all_member_add' : 'admin_add'))
    case 'joinApproval':
      return node('membership_approval_mode', {}, [node('group_join', { state: change.isOn ? 'on' : 'off' })])
    case 'disappearingSeconds':
      return change.seconds === 0 ? node('not_ephemeral') : node('ephemeral', { expiration: String(change.seconds) })
  }
}
