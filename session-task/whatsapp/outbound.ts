import {
  type GroupMetadata,
  isJidGroup,
  isLidUser,
  isPnUser,
  jidDecode,
  jidNormalizedUser,
  proto,
  type WASocket,
} from '@whiskeysockets/baileys'
import type { GroupView } from './connection.ts'
import { encodeContent } from './content/encode-content.ts'
import { relayShapeOf } from './content/relay-shape.ts'
import { WhatsAppError } from './errors.ts'
import { requireRecipientDevices } from './repairs/recipient-devices.ts'
import type { SessionCaches } from './session-caches.ts'

/** Bytes of a plain text message. */
export const encodeText = ({ body }: { body: string }): Uint8Array => encodeContent({ type: 'text', text: { body } })

type SendingSocket = Pick<WASocket, 'authState' | 'getUSyncDevices' | 'groupMetadata' | 'relayMessage'>
type SendingCaches = Pick<SessionCaches, 'devices' | 'groups' | 'queries'>

/** Answers to those who are not in a group, and for a group that is none. */
const NOT_FOR_US: ReadonlySet<unknown> = new Set([401, 403, 404, 406, 410])

/** The library asks for the metadata of a group with every message, unless it finds it in the cache. */
const requireGroup = async (
  socket: Pick<WASocket, 'groupMetadata'>,
  caches: Pick<SessionCaches, 'groups' | 'queries'>,
  jid: string,
): Promise<GroupMetadata> => {
  const cached = caches.groups.get<GroupMetadata>(jid)
  if (cached) return cached
  const metadata = await caches.queries
    .spend(() => socket.groupMetadata(jid))
    .catch((error: unknown) => {
      const waCode = (error as { data?: unknown } | null)?.data
      if (!NOT_FOR_US.has(waCode)) throw error
      throw new WhatsAppError('server_refused', 'WhatsApp does not show this group', Number(waCode), { cause: error })
    })
  // a query that timed out resolves with nothing
  if (!metadata?.participants) throw new WhatsAppError('timed_out', 'WhatsApp did not answer the question for a group')
  caches.groups.set(jid, metadata)
  return metadata
}

/** Who is in a group, and how messages there behave. @throws WhatsAppError timed_out, rate_limited, server_refused: not ours */
export const readGroup = async (
  socket: Pick<WASocket, 'groupMetadata'>,
  caches: Pick<SessionCaches, 'groups' | 'queries'>,
  jid: string,
): Promise<GroupView> => {
  const { participants, ephemeralDuration, announce } = await requireGroup(socket, caches, jid)
  return {
    disappearingSeconds: ephemeralDuration ?? 0,
    announcementsOnly: announce === true,
    members: participants.map(({ id, phoneNumber, lid, admin }) => ({
      jid: jidNormalizedUser(id),
      phoneJid: isPnUser(id) ? jidNormalizedUser(id) : phoneNumber ? jidNormalizedUser(phoneNumber) : null,
      lid: isLidUser(id) ? jidNormalizedUser(id) : lid ? jidNormalizedUser(lid) : null,
      isAdmin: Boolean(admin),
    })),
  }
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
  frame: { jid: string; whatsappId: string; proto: Uint8Array; statusJids?: readonly string[] },
): Promise<void> => {
  if (isPnUser(frame.jid) || isLidUser(frame.jid)) await requireRecipientDevices(socket, caches, frame.jid)
  else if (isJidGroup(frame.jid)) await requireGroup(socket, caches, frame.jid)
  const message = proto.Message.decode(frame.proto)
  const { attributes, nodes } = relayShapeOf(message, frame.jid, proto.Message.ProtocolMessage.Type)
  await socket.relayMessage(frame.jid, message, {
    messageId: frame.whatsappId,
    additionalAttributes: { ...attributes, ...(await recipientPhone(socket, frame.jid)) },
    additionalNodes: nodes,
    ...(frame.statusJids ? { statusJidList: [...frame.statusJids] } : {}),
  })
}
