import { createHash } from 'node:crypto'
import { type BinaryNode, encodeBinaryNode, proto, unpadRandomMax16 } from '@whiskeysockets/baileys'
import type { DecryptedStanza } from './connection.ts'

const HASH_BYTES = 16

/** base64 of the first 16 bytes of SHA-256(kind ‖ ciphertext) */
export const ciphertextHash = (kind: string, ciphertext: Uint8Array): string =>
  createHash('sha256').update(kind).update(ciphertext).digest().subarray(0, HASH_BYTES).toString('base64')

/** Bytes that the library unpads to the given plaintext; an empty one decodes to a message without content. */
export const padPlaintext = (plaintext: Uint8Array): Buffer => Buffer.concat([plaintext, Uint8Array.of(1)])

/** The chat of what another device of ours sent; null: somebody else sent it. */
const sentTo = (padded: Uint8Array): string | null =>
  proto.Message.decode(unpadRandomMax16(padded)).deviceSentMessage?.destinationJid || null

/** The message within the bytes of an `<enc>`, without the wrapper that our own other devices put around theirs. */
export const decodePadded = (padded: Uint8Array): proto.Message => {
  const message = proto.Message.decode(unpadRandomMax16(padded))
  const sent = message.deviceSentMessage?.message
  return sent ? proto.Message.fromObject(sent) : message
}

const { Type } = proto.Message.ProtocolMessage

/** What our own phone sends to this device and the library works on after the receipt: lost with a crash in between. */
const LIBRARY_WORK: ReadonlySet<unknown> = new Set([
  Type.HISTORY_SYNC_NOTIFICATION,
  Type.APP_STATE_SYNC_KEY_SHARE,
  Type.INITIAL_SECURITY_NOTIFICATION_SETTING_SYNC,
  Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
  Type.LID_MIGRATION_MAPPING_SYNC,
])

const bringsOnlySenderKey = (message: proto.Message): boolean =>
  Object.keys(message).every((part) => part === 'senderKeyDistributionMessage' || part === 'messageContextInfo')

/**
 * What the session journals about a decrypted `<enc>`. `plaintext` is without padding; 64-bit numbers and bytes of
 * `message` are strings (decimal, base64), enums their names.
 * @throws when the bytes are not a message: the ratchet is rolled back and the sender is asked again
 */
export const describeDecrypted = (
  stanza: BinaryNode,
  encryptionType: string,
  hash: string,
  padded: Uint8Array,
  messageKey: string,
): DecryptedStanza => {
  const decoded = decodePadded(padded)
  const message = proto.Message.toObject(decoded, { longs: String, bytes: String, enums: String })
  const destination = sentTo(padded)
  return {
    attributes: { ...stanza.attrs },
    ...(destination ? { sentTo: destination } : {}),
    message,
    plaintext: unpadRandomMax16(padded),
    encryptionType,
    ciphertextHash: hash,
    stanza: encodeBinaryNode(stanza),
    ...(bringsOnlySenderKey(decoded) ? {} : { messageKey }),
    ...(LIBRARY_WORK.has(decoded.protocolMessage?.type) ? { isUnfinished: true } : {}),
  }
}
