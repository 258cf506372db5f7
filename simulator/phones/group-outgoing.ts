import { queueForDevice } from '../protocol/push.ts'
import { activeDevices, type Device } from '../store/devices.ts'
import { type Group, membersOf } from '../store/groups.ts'
import type { Phone } from '../store/phones.ts'
import { proto, type Stanza } from '../wire/codec.ts'
import { STATUS } from '../wire/jid.ts'
import { distributionMessage, encryptForGroup } from '../wire/sender-keys.ts'
import { element } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { pad } from './content.ts'
import { putIntoPhone, rememberSent } from './outgoing.ts'
import { hasSharedKey, noteSharedKey, ownSenderKey, storeSenderKeys } from './sender-key-store.ts'
import { type OutgoingMessage, sealFor, wrapForChat } from './sessions.ts'
import { SignalStore } from './signal-store.ts'
import { shapeOf } from './stanza-shape.ts'

/** Addresses like `5511…:3` of the devices a group message went to. */
export async function sendToGroup(
  world: World,
  from: Phone,
  group: Group,
  message: OutgoingMessage,
): Promise<string[]> {
  const readers = membersOf(world.database, group.id)
  const addressed = { ...message, addressing: group.addressing, chatJid: group.jid }
  return sendToMany(world, from, readers, addressed)
}

/** A status goes to `readers` under the address of the status list. */
export async function sendStatus(
  world: World,
  from: Phone,
  readers: Phone[],
  message: OutgoingMessage,
): Promise<string[]> {
  return sendToMany(world, from, readers, { ...message, chatJid: STATUS })
}

/** One ciphertext under the sender key for all devices; those that do not have the key yet get it first, each on its own. */
async function sendToMany(world: World, from: Phone, readers: Phone[], message: OutgoingMessage): Promise<string[]> {
  const { database } = world
  const chatJid = message.chatJid!
  return world.phoneLock.run(from.id, async () => {
    const devices = readers.flatMap(({ id }) => activeDevices(database, id))
    const store = new SignalStore(database, from)
    const senderKey = ownSenderKey(database, from.id, chatJid)
    const keyMessage = proto.Message.encode({
      senderKeyDistributionMessage: {
        groupId: chatJid,
        axolotlSenderKeyDistributionMessage: distributionMessage(senderKey),
      },
    }).finish()
    const { mediaType } = shapeOf(message.plaintext)
    const shape: Record<string, string> = mediaType ? { mediatype: mediaType } : {}
    const shared = element(
      'enc',
      { v: '2', type: 'skmsg', ...shape },
      encryptForGroup(senderKey, pad(message.plaintext)),
    )
    const copies: { device: Device; stanza: Stanza }[] = []
    for (const device of devices) {
      const content = [shared]
      if (!hasSharedKey(database, from.id, chatJid, device.id))
        content.unshift(await sealFor(world, store, device, keyMessage))
      copies.push({ device, stanza: wrapForChat(from, message, content) })
    }
    const sends = database.transaction(() => {
      store.commit()
      storeSenderKeys(database, from.id, chatJid, 'own', [senderKey])
      rememberSent(database, from.id, message)
      for (const reader of readers) if (reader.id !== from.id) putIntoPhone(world, from, reader, message)
      return copies.map(({ device, stanza }) => {
        noteSharedKey(database, from.id, chatJid, device.id)
        return queueForDevice(world, device.id, stanza)
      })
    })
    for (const send of sends) send()
    return devices.map(({ phone, device }) => `${phone}:${device}`)
  })
}
