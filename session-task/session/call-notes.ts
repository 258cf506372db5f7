import { eventIdOf } from '../../shared/core/ids.ts'
import type { NoteRecord } from '../auth-log/records.ts'
import type { SessionLog } from '../auth-log/session-log.ts'
import type { NotificationStanza } from '../whatsapp/connection.ts'
import { addressOf, bareJid, lidOfJid, phoneOfJid } from './addresses.ts'
import { identityHashOf } from './inbound.ts'

/** A call that rings, or rang while we were away. */
export interface IncomingCall {
  readonly callId: string
  /** as WhatsApp wrote it: what a rejection has to name */
  readonly callerJid: string
  /** it rings now; false: it was kept for us and is over */
  readonly isRinging: boolean
}

/** The offer of a `<call>` stanza; null: the call goes on or ends. */
export const incomingCallOf = ({ attributes, children }: NotificationStanza): IncomingCall | null => {
  const offer = children.find(({ tag }) => tag === 'offer')
  const callId = offer?.attributes['call-id']
  const callerJid = offer?.attributes['call-creator'] ?? attributes.from
  return callId && callerJid ? { callId, callerJid, isRinging: attributes.offline === undefined } : null
}

/**
 * The record of an incoming call; none for one that was told before. Must be appended in the same synchronous run: it
 * takes the event's sequence.
 * @param at journal time, epoch milliseconds
 * @param isRejected the session is set to reject calls, and this one rings
 */
export const callNotesOf = (
  log: Pick<SessionLog, 'sessionId' | 'state' | 'takeSequence'>,
  stanza: NotificationStanza,
  at: number,
  isRejected: boolean,
): NoteRecord[] => {
  const call = incomingCallOf(stanza)
  const offer = stanza.children.find(({ tag }) => tag === 'offer')
  if (!call || !offer) return []
  const identityHash = identityHashOf(bareJid(call.callerJid), call.callId, 'call')
  if (log.state.hasIdentity(identityHash)) return []
  const sequence = log.takeSequence()
  const group = offer.attributes['group-jid']
  const data = {
    call: {
      id: call.callId,
      from: addressOf(log.sessionId, call.callerJid, {
        phone: phoneOfJid(offer.attributes.caller_pn),
        lid: lidOfJid(offer.attributes.caller_lid),
      }),
      group: group ? addressOf(log.sessionId, group) : null,
      kind: offer.children.some(({ tag }) => tag === 'video') ? 'video' : 'audio',
      ringing: call.isRinging,
      rejected: isRejected,
    },
    at: new Date(Number(stanza.attributes.t) > 0 ? Number(stanza.attributes.t) * 1_000 : at).toISOString(),
  }
  const eventId = eventIdOf(log.sessionId, sequence, at)
  return [{ t: 'note', sequence, eventId, at, eventType: 'call.received', identityHash, data }]
}
