import { handOutPreKey } from '../protocol/encrypt-queries.ts'
import { memberJid, otherAddress } from '../protocol/groups/describe.ts'
import { type Device, deviceById } from '../store/devices.ts'
import type { Phone } from '../store/phones.ts'
import type { Stanza } from '../wire/codec.ts'
import { lidJid, phoneJid } from '../wire/jid.ts'
import { ProtocolAddress, SessionBuilder, SessionCipher, typedPublicKey } from '../wire/signal.ts'
import { asBuffer, bytesOf, childOf, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { pad } from './content.ts'
import type { SignalStore } from './signal-store.ts'
import { shapeOf } from './stanza-shape.ts'

/** `category` is `peer` for what a phone tells its own device, else empty. */
export type OutgoingMessage = {
  whatsappId: string
  plaintext: Buffer
  addressing: 'pn' | 'lid'
  category: '' | 'peer'
  /** A group or the status list; absent in a chat of two. */
  chatJid?: string
}

/** The stanza that carries `message` to one device; opens a session from a fresh bundle if there is none. Call holding the phone's lock. */
export async function encryptFor(
  world: World,
  store: SignalStore,
  from: Phone,
  device: Device,
  message: OutgoingMessage,
  retryCount?: number,
): Promise<Stanza> {
  const { mediaType } = shapeOf(message.plaintext)
  const attrs: Record<string, string> = mediaType ? { mediatype: mediaType } : {}
  if (retryCount) attrs.count = String(retryCount)
  return wrapForChat(from, message, [await sealFor(world, store, device, message.plaintext, attrs)])
}

/** `<enc>` for one device; opens a session from a fresh bundle if there is none. Call holding the phone's lock. */
export async function sealFor(
  world: World,
  store: SignalStore,
  device: Device,
  plaintext: Uint8Array,
  attrs: Record<string, string> = {},
): Promise<Stanza> {
  const address = new ProtocolAddress(device.phone, device.device)
  const session = await store.loadSession(address.toString())
  if (!session?.haveOpenSession()) await openSession(world, store, device)
  const { type, body } = await new SessionCipher(store, address).encrypt(pad(plaintext))
  return element('enc', { v: '2', type: type === 3 ? 'pkmsg' : 'msg', ...attrs }, Buffer.from(body))
}

/** `<message>` as it reaches a device: who wrote it, in which chat, of which kind. */
export function wrapForChat(from: Phone, message: OutgoingMessage, content: Stanza[]): Stanza {
  const { type, edit } = shapeOf(message.plaintext)
  const attrs = { ...addressAttrs(from, message), id: message.whatsappId, t: seconds(), type }
  return element('message', edit ? { ...attrs, edit } : attrs, content)
}

function addressAttrs(from: Phone, { addressing, category, chatJid }: OutgoingMessage): Record<string, string> {
  if (chatJid) {
    const participant = memberJid(addressing, from)
    const other = otherAddress('participant', addressing, from)
    return { from: chatJid, participant, ...other, addressing_mode: addressing, notify: from.name }
  }
  if (category === 'peer') return { from: phoneJid(from.phone), category }
  if (addressing === 'pn') return { from: phoneJid(from.phone), sender_lid: lidJid(from.lid), notify: from.name }
  return { from: lidJid(from.lid), sender_pn: phoneJid(from.phone), addressing_mode: 'lid', notify: from.name }
}

type SessionKeys = Parameters<SessionBuilder['initOutgoing']>[0]

/** Starts a new session with a device, from `keys` or from a bundle of the server. Call holding the phone's lock. */
export async function openSession(world: World, store: SignalStore, device: Device, keys?: SessionKeys): Promise<void> {
  const address = new ProtocolAddress(device.phone, device.device)
  await new SessionBuilder(store, address).initOutgoing(keys ?? keysOfDevice(world, device))
}

function keysOfDevice(world: World, { id }: Device): SessionKeys {
  const device = deviceById(world.database, id)!
  const preKey = handOutPreKey(world, device)
  return {
    registrationId: device.registrationId,
    identityKey: typedPublicKey(device.identityPublic),
    signedPreKey: {
      keyId: device.signedKeyId,
      publicKey: typedPublicKey(device.signedPublic),
      signature: asBuffer(device.signedSignature),
    },
    ...(preKey ? { preKey: { keyId: preKey.keyId, publicKey: typedPublicKey(preKey.publicKey) } } : {}),
  } as SessionKeys
}

/** The key bundle a client puts into its retry receipt. */
export function keysOfReceipt(receipt: Stanza): SessionKeys | undefined {
  const keys = childOf(receipt, 'keys')
  const [key, skey] = [childOf(keys, 'key'), childOf(keys, 'skey')]
  const identity = bytesOf(keys, 'identity')
  const [signedId, signedValue, signature] = [bytesOf(skey, 'id'), bytesOf(skey, 'value'), bytesOf(skey, 'signature')]
  const [preId, preValue] = [bytesOf(key, 'id'), bytesOf(key, 'value')]
  const registration = bytesOf(receipt, 'registration')
  if (!identity || !signedId || !signedValue || !signature || !preId || !preValue || !registration) return undefined
  return {
    registrationId: registration.readUInt32BE(0),
    identityKey: typedPublicKey(identity),
    signedPreKey: { keyId: signedId.readUIntBE(0, 3), publicKey: typedPublicKey(signedValue), signature },
    preKey: { keyId: preId.readUIntBE(0, 3), publicKey: typedPublicKey(preValue) },
  }
}
