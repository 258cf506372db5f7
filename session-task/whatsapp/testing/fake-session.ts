import { createHash } from 'node:crypto'
import { eventIdOf, inboundMessageIdOf } from '../../../shared/core/ids.ts'
import type { InboundRecord, LogRecord } from '../../auth-log/records.ts'
import type { SessionLog, UndecryptedState } from '../../auth-log/session-log.ts'
import type { DecryptedStanza, NotificationStanza } from '../connection.ts'

/** The record that a session would journal for this stanza: an event for text, none for anything else. */
export const inboundRecordOf = (log: SessionLog, stanza: DecryptedStanza, at = 1_800_000_000_000): InboundRecord => {
  const { id = '', from = '', participant } = stanza.attributes
  const text = textOf(stanza)
  // one group stanza may hold two: the sender key and the message itself
  const identity = `${participant ?? from}#${id}#${text === null ? 'none' : 'text'}`
  const identityHash = createHash('sha256').update(identity).digest().subarray(0, 16).toString('base64')
  const base = {
    t: 'in' as const,
    at,
    ciphertextHash: stanza.ciphertextHash,
    identityHash,
    plaintext: Buffer.from(stanza.plaintext).toString('base64'),
    stanza: Buffer.from(stanza.stanza).toString('base64'),
    tries: 0,
  }
  if (text === null || log.state.hasIdentity(identityHash))
    return { ...base, sequence: null, eventId: null, event: null }
  const sequence = log.takeSequence()
  return {
    ...base,
    sequence,
    eventId: eventIdOf(log.sessionId, sequence, at),
    event: {
      type: 'message.received',
      messageId:
        log.state.undecryptedOf(stanza.messageKey ?? '')?.messageId ?? inboundMessageIdOf(log.sessionId, sequence, at),
      whatsappId: id,
      chatJid: from,
      senderJid: from,
      phone: null,
      lid: null,
      pushName: stanza.attributes.notify ?? null,
      messageType: 'text',
      content: { text: { body: text } },
      sentAt: at,
    },
  }
}

export const textOf = (stanza: DecryptedStanza): string | null => {
  const message = stanza.message as { conversation?: string; extendedTextMessage?: { text?: string } }
  return message.extendedTextMessage?.text ?? message.conversation ?? null
}

export const undecryptableRecordOf = (log: SessionLog, waiting: UndecryptedState, at = Date.now()): InboundRecord => {
  const { id = '', from = '' } = waiting.attributes
  const sequence = log.takeSequence()
  return {
    t: 'in',
    at,
    ciphertextHash: `undecryptable ${waiting.messageKey}`,
    identityHash: `undecryptable ${waiting.messageKey}`,
    plaintext: '',
    stanza: '',
    tries: 0,
    messageKey: waiting.messageKey,
    sequence,
    eventId: eventIdOf(log.sessionId, sequence, at),
    event: {
      type: 'message.undecryptable',
      messageId: inboundMessageIdOf(log.sessionId, sequence, at),
      whatsappId: id,
      chatJid: from,
      senderJid: from,
      phone: null,
      lid: null,
      pushName: null,
      messageType: 'undecryptable',
      content: { undecryptable: { reason: waiting.reason } },
      sentAt: at,
    },
  }
}

/** A note for each change of a group, none for anything else. */
export const noteOf = (log: SessionLog, notification: NotificationStanza, at = Date.now()): LogRecord[] => {
  const { type, attributes, children } = notification
  if (type !== 'w:gp2') return []
  const sequence = log.takeSequence()
  const eventId = eventIdOf(log.sessionId, sequence, at)
  const data = { group: attributes.from, change: children[0]?.tag }
  return [{ t: 'note', sequence, eventId, at, eventType: 'group.updated', identityHash: `note ${attributes.id}`, data }]
}
