import { deflateSync } from 'node:zlib'
import { deviceById } from '../store/devices.ts'
import { type Phone, phoneById } from '../store/phones.ts'
import { proto } from '../wire/codec.ts'
import { lidJid, phoneJid } from '../wire/jid.ts'
import { asBuffer } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { newWhatsappId, sendToDevices } from './outgoing.ts'
import type { OutgoingMessage } from './sessions.ts'

/**
 * What a phone sends its new companion once: the app-state sync key and an (empty) bootstrap history. It waits for the client's
 * first stanza after `open`, because rc14 moves its own session from PN to LID right then and must not decrypt meanwhile.
 */
export async function bootstrapDevice(world: World, deviceId: number): Promise<void> {
  const { database } = world
  const first = deviceById(database, deviceId)
  if (!first || first.bootstrapped) return
  await world.phoneLock.run(first.phoneId, async () => {
    const device = deviceById(database, deviceId)!
    if (device.bootstrapped) return
    const phone = phoneById(database, device.phoneId)!
    const messages = [shareAppStateKey(phone), emptyHistory(phone)].map(asPeerMessage)
    await sendToDevices(world, phone, [device], messages, () => {
      database.run('UPDATE devices SET bootstrapped = 1 WHERE id = ?', deviceId)
    })
  })
}

function asPeerMessage(message: proto.IMessage): OutgoingMessage {
  const plaintext = Buffer.from(proto.Message.encode(message).finish())
  return { whatsappId: newWhatsappId(), plaintext, addressing: 'pn', category: 'peer' }
}

function shareAppStateKey(phone: Phone): proto.IMessage {
  const keyData = {
    keyData: asBuffer(phone.appStateKey),
    fingerprint: { rawId: 1, currentIndex: 0, deviceIndexes: [0] },
    timestamp: Date.now(),
  }
  const keys = [{ keyId: { keyId: asBuffer(phone.appStateKeyId) }, keyData }]
  const type = proto.Message.ProtocolMessage.Type.APP_STATE_SYNC_KEY_SHARE
  return { protocolMessage: { type, appStateSyncKeyShare: { keys } } }
}

function emptyHistory(phone: Phone): proto.IMessage {
  const syncType = proto.HistorySync.HistorySyncType.INITIAL_BOOTSTRAP
  const phoneNumberToLidMappings = [{ pnJid: phoneJid(phone.phone), lidJid: lidJid(phone.lid) }]
  const history = proto.HistorySync.encode({
    syncType,
    conversations: [],
    phoneNumberToLidMappings,
    chunkOrder: 1,
    progress: 100,
  }).finish()
  const notification = {
    syncType,
    initialHistBootstrapInlinePayload: deflateSync(history),
    chunkOrder: 1,
    progress: 100,
  }
  const type = proto.Message.ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION
  return { protocolMessage: { type, historySyncNotification: notification } }
}
