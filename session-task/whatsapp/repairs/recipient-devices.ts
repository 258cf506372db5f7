import { isLidUser, jidDecode, jidNormalizedUser, type WASocket } from '@whiskeysockets/baileys'
import { WhatsAppError } from '../errors.ts'
import type { SessionCaches } from '../session-caches.ts'

/**
 * Symptom: a message that nobody gets is reported as sent. The library swallows a timed-out device query and then sends
 * a stanza without recipients, or to our own phone only, and resolves (simulator-facts §4;
 * https://github.com/WhiskeySockets/Baileys/issues/1963 has the symptom). The same query runs here first; what it finds
 * is in the cache when the library asks.
 * @throws WhatsAppError no_recipient_devices, rate_limited: nothing was sent
 */
export const requireRecipientDevices = async (
  socket: Pick<WASocket, 'authState' | 'getUSyncDevices'>,
  caches: Pick<SessionCaches, 'devices' | 'queries'>,
  jid: string,
): Promise<void> => {
  const { me } = socket.authState.creds
  const own = isLidUser(jid) && me?.lid ? me.lid : me?.id
  const jids = [...(own ? [jidNormalizedUser(own)] : []), jid]
  const find = () => socket.getUSyncDevices(jids, true, false)
  const isKnown = jids.every((each) => caches.devices.get(jidDecode(each)?.user ?? '') !== undefined)
  const devices = await (isKnown ? find() : caches.queries.spend(find))
  const user = jidDecode(jid)?.user
  if (!devices.some((device) => device.user === user)) {
    throw new WhatsAppError('no_recipient_devices', 'no device of the recipient is known; nothing was sent')
  }
}
