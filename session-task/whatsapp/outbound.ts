import { randomBytes } from 'node:crypto'
import { isJidGroup, isLidUser, isPnUser, jidDecode, proto, type WASocket } from '@whiskeysockets/baileys'
import { WhatsAppError } from './errors.ts'
import { requireRecipientDevices } from './repairs/recipient-devices.ts'
import type { SessionCaches } from './session-caches.ts'

const SECRET_BYTES = 32

/** Bytes of a text message. The message secret is part of them, so a re-send of the same bytes is the same message. */
export const encodeText = ({ body }: { body: string }): Uint8Array =>
  proto.Message.encode({
    extendedTextMessage: { text: body },
    messageContextInfo: { messageSecret: randomBytes(SECRET_BYTES) },
  }).finish()

type SendingSocket = Pick<WASocket, 'authState' | 'getUSyncDevices' | 'groupMetadata' | 'relayMessage'>
type SendingCaches = Pick<SessionCaches, 'devices' | 'groups' | 'queries'>

/** The library asks for the metadata of a group with every message, unless it finds it in the cache. */
const requireGroup = async (socket: SendingSocket, caches: SendingCaches, jid: string): Promise<void> => {
  if (caches.groups.get(jid)) return
  const metadata = await caches.queries.spend(() => socket.groupMetadata(jid))
  // a query that timed out resolves with nothing
  if (!metadata?.participants) throw new WhatsAppError('timed_out', 'WhatsApp did not answer the question for a group')
  caches.groups.set(jid, metadata)
}

/** A message to a LID names the phone number too, as WhatsApp's own clients do (baileys-facts §3). */
const recipientPhone = async (socket: SendingSocket, jid: string): Promise<{ peer_recipient_pn?: string }> => {
  const user = isLidUser(jid) ? jidDecode(jid)?.user : undefined
  if (!user) return {}
  const { [`${user}_reverse`]: phone } = await socket.authState.keys.get('lid-mapping', [`${user}_reverse`])
  return typeof phone === 'string' ? { peer_recipient_pn: `${phone}@s.whatsapp.net` } : {}
}

/** @throws WhatsAppError no_recipient_devices, rate_limited: nothing left. Other errors: the frame may have left. */
export const relayProto = async (
  socket: SendingSocket,
  caches: SendingCaches,
  frame: { jid: string; whatsappId: string; proto: Uint8Array },
): Promise<void> => {
  if (isPnUser(frame.jid) || isLidUser(frame.jid)) await requireRecipientDevices(socket, caches, frame.jid)
  else if (isJidGroup(frame.jid)) await requireGroup(socket, caches, frame.jid)
  await socket.relayMessage(frame.jid, proto.Message.decode(frame.proto), {
    messageId: frame.whatsappId,
    additionalAttributes: await recipientPhone(socket, frame.jid),
  })
}
