import { createHash } from 'node:crypto'
import { eventIdOf, inboundMessageIdOf } from '../../../shared/core/ids.ts'
import type { InboundRecord } from '../../auth-log/records.ts'
import type { SessionLog } from '../../auth-log/session-log.ts'
import type { DecryptedStanza } from '../connection.ts'

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
      messageId: inboundMessageIdOf(log.sessionId, sequence, at),
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
