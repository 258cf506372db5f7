import { encodeBinaryNode, proto, type WAMessage, type WASocket } from '@whiskeysockets/baileys'
import type { SessionLog } from '../auth-log/session-log.ts'
import type { ConnectionEvents, DecryptedStanza } from './connection.ts'
import { ciphertextHash } from './decrypted-stanza.ts'
import { messageKeyOf } from './message-key.ts'

/** As the stanza of the message would have said it. */
const attributesOf = ({ key, messageTimestamp, pushName }: WAMessage): Record<string, string> => {
  const optional = {
    participant: key.participant,
    notify: pushName,
    ...(key.participant ? {} : alternativeOf(key.remoteJidAlt)),
    t: messageTimestamp ? String(messageTimestamp) : undefined,
  }
  const attributes = { id: key.id ?? '', from: key.remoteJid ?? '', ...optional }
  return Object.fromEntries(Object.entries(attributes).filter((entry): entry is [string, string] => Boolean(entry[1])))
}

const alternativeOf = (jid: string | null | undefined) =>
  jid?.endsWith('@lid') ? { sender_lid: jid } : jid ? { sender_pn: jid } : {}

const describeResent = (message: WAMessage, content: proto.IMessage, messageKey: string): DecryptedStanza => {
  const attributes = attributesOf(message)
  const plaintext = proto.Message.encode(content).finish()
  return {
    attributes,
    message: proto.Message.toObject(proto.Message.decode(plaintext), { longs: String, bytes: String, enums: String }),
    plaintext,
    encryptionType: 'resent',
    ciphertextHash: ciphertextHash(`resent ${messageKey}`, plaintext),
    stanza: encodeBinaryNode({ tag: 'message', attrs: attributes }),
    messageKey,
  }
}

/**
 * Content that our own phone sends for a message that reached this device without any, or that nobody could decrypt: it
 * comes inside a message of the phone, so that the library alone sees what it is. Only what is waited for is taken; the
 * phone's message is `unfinished` until then, so that a crash in between repeats it.
 * @param journal runs what appends; it ends the connection when that throws
 */
export const journalResentContent = (
  ev: WASocket['ev'],
  log: SessionLog,
  events: Pick<ConnectionEvents, 'onDecrypted'>,
  journal: (append: () => void) => void,
): void => {
  ev.on('messages.upsert', ({ messages }) => {
    for (const message of messages) {
      if (!message.message || message.messageStubType || message.key.fromMe) continue
      const content = message.message
      const messageKey = messageKeyOf(attributesOf(message), log.state)
      if (!log.state.undecryptedOf(messageKey)) continue
      journal(() => log.append([{ ...events.onDecrypted(describeResent(message, content, messageKey)), messageKey }]))
    }
  })
}
