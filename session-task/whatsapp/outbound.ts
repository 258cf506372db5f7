import { randomBytes } from 'node:crypto'
import { isLidUser, isPnUser, jidDecode, jidNormalizedUser, proto, type WASocket } from '@whiskeysockets/baileys'
import { WhatsAppError } from './errors.ts'

const SECRET_BYTES = 32

/** Bytes of a text message. The message secret is part of them, so a re-send of the same bytes is the same message. */
export const encodeText = ({ body }: { body: string }): Uint8Array =>
  proto.Message.encode({
    extendedTextMessage: { text: body },
    messageContextInfo: { messageSecret: randomBytes(SECRET_BYTES) },
  }).finish()

type SendingSocket = Pick<WASocket, 'authState' | 'getUSyncDevices' | 'relayMessage'>

/**
 * The library swallows a timed-out device query and then sends a message to nobody, or to our own phone only, and
 * resolves (simulator-facts §4). The same query runs here first, its result is what the relay finds in the cache.
 */
const requireRecipientDevices = async (socket: SendingSocket, jid: string): Promise<void> => {
  const { me } = socket.authState.creds
  const own = isLidUser(jid) && me?.lid ? me.lid : me?.id
  const devices = await socket.getUSyncDevices([...(own ? [jidNormalizedUser(own)] : []), jid], true, false)
  const user = jidDecode(jid)?.user
  if (!devices.some((device) => device.user === user)) {
    throw new WhatsAppError('no_recipient_devices', 'no device of the recipient is known; nothing was sent')
  }
}

/** @throws WhatsAppError no_recipient_devices: nothing left. Any other error: the frame may or may not have left. */
export const relayProto = async (
  socket: SendingSocket,
  frame: { jid: string; whatsappId: string; proto: Uint8Array },
): Promise<void> => {
  if (isPnUser(frame.jid) || isLidUser(frame.jid)) await requireRecipientDevices(socket, frame.jid)
  await socket.relayMessage(frame.jid, proto.Message.decode(frame.proto), { messageId: frame.whatsappId })
}
