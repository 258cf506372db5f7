import { createHash } from 'node:crypto'
import type { EventType } from '../../shared/contract/event-types.ts'
import { eventIdOf, inboundMessageIdOf } from '../../shared/core/ids.ts'
import { type InboundKind, isIgnoredChat } from '../../shared/core/inbound-filter.ts'
import type { InboundRecord } from '../auth-log/records.ts'
import type { SessionLog, UndecryptedState } from '../auth-log/session-log.ts'
import type { DecryptedStanza } from '../whatsapp/connection.ts'
import { CHAT_TIMER, readContent } from '../whatsapp/content/read-content.ts'
import { bareJid, lidOfJid, phoneOfJid } from './addresses.ts'

const IDENTITY_BYTES = 16
/** Which event a message makes; whatever is not here is simply received. */
const EVENT_TYPES: Readonly<Record<string, EventType>> = {
  reaction: 'message.reaction',
  edit: 'message.edited',
  delete: 'message.deleted',
  pollVote: 'poll.voted',
  [CHAT_TIMER]: 'chat.updated',
}

/**
 * base64 of SHA-256(sender ‖ 0 ‖ WhatsApp id ‖ 0 ‖ kind), first 16 bytes. Kind keeps apart the two parts that one
 * group stanza may hold: the sender key and the message.
 */
export const identityHashOf = (sender: string, whatsappId: string, kind: string): string =>
  createHash('sha256')
    .update(sender)
    .update(Uint8Array.of(0))
    .update(whatsappId)
    .update(Uint8Array.of(0))
    .update(kind)
    .digest()
    .subarray(0, IDENTITY_BYTES)
    .toString('base64')

export interface OwnIdentity {
  readonly phone: string | null
  readonly lid: string | null
}

/**
 * The record of a decrypted stanza, to be appended with its ratchet. Must be used in the same synchronous run: it takes
 * the event's sequence.
 * @param own whose messages are our own devices' and make no event
 * @param at  journal time, epoch milliseconds
 * @param ignore what the tenant wants nothing of: journaled like all, so that ratchets and acks know no difference
 */
export const inboundRecordOf = (
  log: Pick<SessionLog, 'sessionId' | 'state' | 'takeSequence'>,
  stanza: DecryptedStanza,
  own: OwnIdentity,
  at: number,
  ignore: readonly InboundKind[] = [],
): InboundRecord => {
  const { attributes } = stanza
  const { whatsappId, from, sender, phone, lid, isOwn } = originOf(attributes, own)
  const content = readContent(stanza.message)
  // The phone when known: the same message may come again under the sender's other address.
  const identityHash = identityHashOf(phone ?? lid ?? sender, whatsappId, content?.type ?? 'none')
  const base = {
    t: 'in' as const,
    at,
    ciphertextHash: stanza.ciphertextHash,
    identityHash,
    plaintext: Buffer.from(stanza.plaintext).toString('base64'),
    stanza: Buffer.from(stanza.stanza).toString('base64'),
    tries: 0,
  }
  // What our own devices say is theirs to show, but the timer that they set holds for us, too.
  const ownChat = isOwn && content?.type === CHAT_TIMER ? stanza.sentTo : undefined
  if (content === null || (isOwn && !ownChat) || log.state.hasIdentity(identityHash))
    return { ...base, sequence: null, eventId: null, event: null }
  if (isIgnoredChat(from, ignore)) return { ...base, sequence: null, eventId: null, event: null, isIgnored: true }
  const sequence = log.takeSequence()
  const { type, part, target, quotedId, mentionedJids, vote, timerSetAt, keepsProto } = content
  // Content of a message that the tenant saw as undecryptable belongs to the same message.
  const shown = stanza.messageKey === undefined ? undefined : log.state.undecryptedOf(stanza.messageKey)
  return {
    ...base,
    sequence,
    eventId: eventIdOf(log.sessionId, sequence, at),
    event: {
      type: EVENT_TYPES[type] ?? 'message.received',
      messageId: shown?.messageId ?? inboundMessageIdOf(log.sessionId, sequence, at),
      whatsappId,
      chatJid: ownChat ? bareJid(ownChat) : from,
      senderJid: sender,
      phone,
      lid,
      pushName: attributes.notify ?? null,
      messageType: type,
      content: part,
      sentAt: sentAtOf(attributes, at),
      ...(target ? { target } : {}),
      ...(quotedId ? { quotedId } : {}),
      ...(mentionedJids ? { mentionedJids } : {}),
      ...(vote ? { vote } : {}),
      ...(timerSetAt ? { timerSetAt } : {}),
      ...(keepsProto ? { keepsProto } : {}),
    },
  }
}

/**
 * The record that tells the tenant of a message whose content never came; no event when it is our own device's.
 * Must be appended in the same synchronous run.
 */
export const undecryptableRecordOf = (
  log: Pick<SessionLog, 'sessionId' | 'takeSequence'>,
  waiting: UndecryptedState,
  own: OwnIdentity,
  at: number,
  ignore: readonly InboundKind[] = [],
): InboundRecord => {
  const { attributes, messageKey, reason } = waiting
  const { whatsappId, from, sender, phone, lid, isOwn } = originOf(attributes, own)
  const base = {
    t: 'in' as const,
    at,
    ciphertextHash: `undecryptable ${messageKey}`,
    identityHash: identityHashOf(phone ?? lid ?? sender, whatsappId, 'undecryptable'),
    plaintext: '',
    stanza: '',
    tries: 0,
    messageKey,
  }
  if (isOwn || isIgnoredChat(from, ignore)) return { ...base, sequence: null, eventId: null, event: null }
  const sequence = log.takeSequence()
  return {
    ...base,
    sequence,
    eventId: eventIdOf(log.sessionId, sequence, at),
    event: {
      type: 'message.undecryptable',
      messageId: inboundMessageIdOf(log.sessionId, sequence, at),
      whatsappId,
      chatJid: from,
      senderJid: sender,
      phone,
      lid,
      pushName: attributes.notify ?? null,
      messageType: 'undecryptable',
      content: { undecryptable: { reason } },
      sentAt: sentAtOf(attributes, at),
    },
  }
}

const originOf = (attributes: DecryptedStanza['attributes'], own: OwnIdentity) => {
  const from = bareJid(attributes.from ?? '')
  const sender = bareJid(attributes.participant ?? from)
  const phone = firstPhone(sender, attributes.participant_pn, attributes.sender_pn)
  const lid = firstLid(sender, attributes.participant_lid, attributes.sender_lid)
  const isOwn = (phone !== null && phone === own.phone) || (lid !== null && lid === own.lid)
  return { whatsappId: attributes.id ?? '', from, sender, phone, lid, isOwn }
}

const sentAtOf = (attributes: DecryptedStanza['attributes'], at: number): number => {
  const seconds = Number(attributes.t)
  return seconds > 0 ? seconds * 1_000 : at
}

const firstPhone = (...jids: readonly (string | undefined)[]): string | null =>
  jids.map(phoneOfJid).find((phone) => phone !== null) ?? null

const firstLid = (...jids: readonly (string | undefined)[]): string | null =>
  jids.map(lidOfJid).find((lid) => lid !== null) ?? null
