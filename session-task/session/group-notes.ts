import { eventIdOf } from '../../shared/core/ids.ts'
import type { Address } from '../../shared/store/rows/message.ts'
import type { NoteRecord } from '../auth-log/records.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import type { NotificationChild, NotificationStanza } from '../whatsapp/connection.ts'
import { addressOf, lidOfJid, phoneOfJid } from './addresses.ts'
import { identityHashOf } from './inbound.ts'

const GROUP = 'w:gp2'

/** What happened to whom; what a tenant may build on. Changes that WhatsApp adds later are `other` with their tag. */
const CHANGES: Readonly<Record<string, string>> = {
  create: 'created',
  delete: 'deleted',
  add: 'participantsAdded',
  remove: 'participantsRemoved',
  leave: 'participantsRemoved',
  promote: 'participantsPromoted',
  demote: 'participantsDemoted',
  modify: 'participantsChanged',
  subject: 'subjectChanged',
  description: 'descriptionChanged',
  announcement: 'settingsChanged',
  not_announcement: 'settingsChanged',
  locked: 'settingsChanged',
  unlocked: 'settingsChanged',
  ephemeral: 'settingsChanged',
  not_ephemeral: 'settingsChanged',
  membership_approval_mode: 'settingsChanged',
  member_add_mode: 'settingsChanged',
  invite: 'inviteLinkChanged',
  created_membership_requests: 'joinRequested',
  revoked_membership_requests: 'joinRequestEnded',
}

export interface GroupChange {
  readonly change: string
  /** WhatsApp's own name of the change */
  readonly kind: string
  readonly participants: readonly Address[]
  readonly subject: string | null
  readonly description: string | null
}

/**
 * A record for a notification of a group, with all of its changes; none for any other notification or one that was seen
 * before. Must be appended in the same synchronous run: it takes the event's sequence.
 * @param at journal time, epoch milliseconds
 */
export const groupNotesOf = (
  log: Pick<SessionLog, 'sessionId' | 'state' | 'takeSequence'>,
  notification: NotificationStanza,
  at: number,
): NoteRecord[] => {
  const { type, attributes, children } = notification
  const group = attributes.from
  if (type !== GROUP || !group?.endsWith('@g.us') || children.length === 0) return []
  const identityHash = identityHashOf(group, attributes.id ?? '', GROUP)
  if (log.state.hasIdentity(identityHash)) return []
  const sequence = log.takeSequence()
  const by = attributes.participant
  const known = { phone: phoneOfJid(attributes.participant_pn), lid: lidOfJid(attributes.participant_lid) }
  const data = {
    group: addressOf(log.sessionId, group),
    by: by ? addressOf(log.sessionId, by, known) : null,
    changes: children.map((child) => changeOf(log.sessionId, child)),
    at: new Date(Number(attributes.t) > 0 ? Number(attributes.t) * 1_000 : at).toISOString(),
  }
  return [
    {
      t: 'note',
      sequence,
      eventId: eventIdOf(log.sessionId, sequence, at),
      at,
      eventType: 'group.updated',
      identityHash,
      data,
    },
  ]
}

const changeOf = (sessionId: string, child: NotificationChild): GroupChange => {
  const inner = child.tag === 'create' ? (child.children.find(({ tag }) => tag === 'group') ?? child) : child
  return {
    change: CHANGES[child.tag] ?? 'other',
    kind: child.tag,
    participants: inner.children
      .filter(({ tag, attributes }) => tag === 'participant' && attributes.jid)
      .map(({ attributes }) =>
        addressOf(sessionId, attributes.jid ?? '', {
          phone: phoneOfJid(attributes.phone_number),
          lid: lidOfJid(attributes.lid),
        }),
      ),
    subject: inner.attributes.subject ?? null,
    description: child.tag === 'description' ? (child.children.find(({ tag }) => tag === 'body')?.text ?? null) : null,
  }
}
