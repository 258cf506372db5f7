import { type BinaryNode, isJidNewsletter, isJidStatusBroadcast } from '@whiskeysockets/baileys'
import type { UndecryptableReason } from '../../shared/core/undecryptable.ts'
import type { UndecryptedRecord } from '../auth-log/records.ts'
import type { LogState } from '../auth-log/session-log.ts'
import { messageKeyOf } from './message-key.ts'

/** What libsignal and the library say, in the order in which they are looked for. */
const REASONS: readonly (readonly [text: string, reason: UndecryptableReason])[] = [
  ['No SenderKeyRecord', 'no_sender_key'],
  ['No sender key', 'no_sender_key'],
  ['No session', 'no_session'],
  ['No matching sessions', 'no_session'],
  ['PreKey', 'no_pre_key'],
  ['Key used already', 'key_used'],
  ['Bad MAC', 'bad_mac'],
]

/** @param kind of the ciphertext: `skmsg` is a group's, whose missing sender key is called a session too */
export const reasonOf = (error: unknown, kind: string): UndecryptableReason => {
  const text = error instanceof Error ? error.message : String(error)
  const reason = REASONS.find(([part]) => text.includes(part))?.[1] ?? 'other'
  return kind === 'skmsg' && reason === 'no_session' ? 'no_sender_key' : reason
}

/** Kinds of missing content that are no message for this device, or nobody can get for it. */
const NEVER_CONTENT = new Set(['bot_unavailable_fanout', 'hosted_unavailable_fanout'])

/**
 * The record of a message whose content is missing; null when there is none to miss: status updates, newsletters, and
 * messages of our own phone to this device.
 * @param at journal time, epoch milliseconds
 */
export const undecryptedRecordOf = (
  stanza: BinaryNode,
  reason: UndecryptableReason,
  state: Pick<LogState, 'key'>,
  at: number,
): UndecryptedRecord | null => {
  const { from, id, category } = stanza.attrs
  if (!from || !id || category === 'peer' || isJidStatusBroadcast(from) || isJidNewsletter(from)) return null
  return {
    t: 'undecrypted',
    at,
    messageKey: messageKeyOf(stanza.attrs, state),
    attributes: { ...stanza.attrs },
    reason,
  }
}

/** Why a stanza has nothing that this device could decrypt; null when it has. */
export const missingContentOf = (stanza: BinaryNode): UndecryptableReason | null => {
  const children = Array.isArray(stanza.content) ? stanza.content : []
  const encrypted = children.find(({ tag }) => tag === 'enc')
  // The library refuses these unread (nack 495): they need the secret of the message they answer.
  if (encrypted?.attrs.type === 'msmsg') return 'unsupported'
  if (encrypted || children.some(({ tag }) => tag === 'plaintext')) return null
  const unavailable = children.find(({ tag }) => tag === 'unavailable')
  return NEVER_CONTENT.has(unavailable?.attrs.type ?? '') ? null : 'absent'
}
