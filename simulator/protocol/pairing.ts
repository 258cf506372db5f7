import { createHmac, randomInt } from 'node:crypto'
import { Problem } from '../problem.ts'
import type { Connection, Registration } from '../server/connection.ts'
import { type Device, insertDevice, nextDeviceNumber } from '../store/devices.ts'
import { takeFault } from '../store/faults.ts'
import type { Phone } from '../store/phones.ts'
import { recordViolation } from '../store/violations.ts'
import { proto } from '../wire/codec.ts'
import { lidJid, phoneJid, SERVER } from '../wire/jid.ts'
import { generateKeyPair, hasValidSignature, sign, typedPublicKey } from '../wire/signal.ts'
import { asBuffer, bytesOf, childOf, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { endWithStreamError } from './disconnect.ts'

const ACCOUNT_SIGNATURE_PREFIX = Buffer.from([6, 0])
const DEVICE_SIGNATURE_PREFIX = Buffer.from([6, 1])
const CLIENT_ANSWER_MS = 15_000

/** A client without credentials registers: hand out six QR references. A code pairing starts on the same connection. */
export function offerPairing(world: World, connection: Connection, client: proto.ClientPayload): void {
  connection.registration = readRegistration(client)
  const refs = world.qrReferences.issue(connection, Date.now())
  const content = refs.map((ref) => element('ref', {}, Buffer.from(ref)))
  const attrs = { from: SERVER, type: 'set', id: connection.nextId(), xmlns: 'md' }
  connection.send(element('iq', attrs, [element('pair-device', {}, content)]))
}

function readRegistration(client: proto.ClientPayload): Registration {
  const data = client.devicePairingData!
  const identityPublic = asBuffer(data.eIdent ?? Buffer.alloc(0))
  const signedPublic = asBuffer(data.eSkeyVal ?? Buffer.alloc(0))
  const signedSignature = asBuffer(data.eSkeySig ?? Buffer.alloc(0))
  if (!hasValidSignature(identityPublic, typedPublicKey(signedPublic), signedSignature))
    throw new Error('the signed pre-key of the registration is not signed by its identity')
  const props = data.deviceProps ? proto.DeviceProps.decode(data.deviceProps) : undefined
  return {
    registrationId: asBuffer(data.eRegid!).readUIntBE(0, data.eRegid!.length),
    identityPublic,
    signedKeyId: asBuffer(data.eSkeyId!).readUIntBE(0, data.eSkeyId!.length),
    signedPublic,
    signedSignature,
    platform: props?.os ?? 'unknown',
  }
}

/**
 * Makes the client on this connection a linked device of `phone`: pair-success, check of the client's signature, device row,
 * then stream error 515. Rejects with a Problem when the client refuses or answers wrongly.
 */
export async function linkDevice(
  world: World,
  connection: Connection,
  phone: Phone,
  advSecret: Buffer,
): Promise<Device> {
  const { database } = world
  connection.namespace = phone.namespace
  const registration = connection.registration!
  const device = nextDeviceNumber(database, phone.phone)
  const details = Buffer.from(
    proto.ADVDeviceIdentity.encode({
      rawId: randomInt(1, 2 ** 31),
      timestamp: Number(seconds()),
      keyIndex: device,
      accountType: 0,
      deviceType: 0,
    }).finish(),
  )
  const signedPart = Buffer.concat([ACCOUNT_SIGNATURE_PREFIX, details, registration.identityPublic])
  const isForged =
    takeFault(database, 'forgedAccountSignature', { namespace: phone.namespace, phone: phone.phone }) !== undefined
  const signer = isForged ? generateKeyPair().privateKey : asBuffer(phone.identityPrivate)
  const accountSignatureKey = asBuffer(phone.identityPublic).subarray(1)
  const identity = { details, accountSignatureKey, accountSignature: sign(signer, signedPart) }
  const answer = await connection.query(pairSuccess(connection, phone, device, identity, advSecret), CLIENT_ANSWER_MS)
  if (!answer)
    throw new Problem(
      409,
      'client_refused',
      'The client hung up or did not answer pair-success: it refuses this phone.',
    )
  const answered = bytesOf(childOf(answer, 'pair-device-sign'), 'device-identity')
  const deviceSignature = checkDeviceSignature(registration, details, accountSignatureKey, answered)
  if (!deviceSignature) {
    const detail = 'pair-device-sign carries no valid device signature over the identity that was sent'
    recordViolation(database, { namespace: phone.namespace, kind: 'bad_device_signature', phone: phone.phone, detail })
    endWithStreamError(connection, 401)
    throw new Problem(409, 'bad_device_signature', detail)
  }
  const row = insertDevice(database, {
    ...registration,
    phone: phone.phone,
    device,
    phoneId: phone.id,
    namespace: phone.namespace,
    noisePublic: connection.clientStatic!,
    keyIndex: device,
    account: proto.ADVSignedDeviceIdentity.encode({ ...identity, deviceSignature }).finish(),
  })
  endWithStreamError(connection, 515)
  return row
}

type SignedIdentity = { details: Buffer; accountSignatureKey: Buffer; accountSignature: Buffer }

function pairSuccess(
  connection: Connection,
  phone: Phone,
  device: number,
  identity: SignedIdentity,
  advSecret: Buffer,
) {
  const signed = proto.ADVSignedDeviceIdentity.encode(identity).finish()
  const hmac = createHmac('sha256', advSecret).update(signed).digest()
  const sealed = proto.ADVSignedDeviceIdentityHMAC.encode({ details: signed, hmac }).finish()
  const attrs = { from: SERVER, type: 'set', id: connection.nextId(), t: seconds() }
  return element('iq', attrs, [
    element('pair-success', {}, [
      element('device-identity', {}, sealed),
      element('biz', { name: phone.name }),
      element('platform', { name: 'android' }),
      element('device', { jid: phoneJid(phone.phone, device), lid: lidJid(phone.lid, device) }),
    ]),
  ])
}

function checkDeviceSignature(
  registration: Registration,
  details: Buffer,
  accountKey: Buffer,
  answered: Buffer | undefined,
): Buffer | undefined {
  if (!answered) return undefined
  const { details: echoed, deviceSignature } = proto.ADVSignedDeviceIdentity.decode(answered)
  if (!echoed || !deviceSignature || !details.equals(echoed)) return undefined
  const message = Buffer.concat([DEVICE_SIGNATURE_PREFIX, details, registration.identityPublic, accountKey])
  return hasValidSignature(registration.identityPublic, message, deviceSignature)
    ? asBuffer(deviceSignature)
    : undefined
}
