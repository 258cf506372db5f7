import { createHash } from 'node:crypto'
import { isLidUser, jidDecode } from '@whiskeysockets/baileys'
import type { LogState } from '../auth-log/session-log.ts'

const KEY_BYTES = 16

/**
 * Names one message of one sender whatever address it is sent from: a contact that answers a retry may do so from its
 * phone number after it wrote from its LID.
 */
export const messageKeyOf = (attributes: Readonly<Record<string, string>>, state: Pick<LogState, 'key'>): string => {
  const { id = '', from = '', participant } = attributes
  const sender = participant || from
  const lid = isLidUser(sender) ? sender : (attributes.participant_lid ?? attributes.sender_lid)
  const user = jidDecode(lid ?? sender)?.user ?? sender
  const known = lid === undefined ? state.key('lid-mapping', user) : undefined
  const name = lid !== undefined ? `lid:${user}` : typeof known === 'string' ? `lid:${known}` : `pn:${user}`
  return createHash('sha256')
    .update(name)
    .update(Uint8Array.of(0))
    .update(id)
    .digest()
    .subarray(0, KEY_BYTES)
    .toString('base64')
}
