import { createCipheriv, createDecipheriv, hkdfSync, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { Problem } from '../problem.ts'
import { linkDevice } from '../protocol/pairing.ts'
import type { PairingCodeRequest } from '../protocol/pairing-state.ts'
import type { Device } from '../store/devices.ts'
import type { Phone } from '../store/phones.ts'
import { SERVER } from '../wire/jid.ts'
import { agree, generateKeyPair } from '../wire/signal.ts'
import { asBuffer, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'

const ITERATIONS = 131_072
const CLIENT_ANSWER_MS = 15_000
const deriveKey = promisify(pbkdf2)

/** The phone's owner types the 8-character code. Resolves when the client has become a linked device. Rejects with a Problem. */
export async function enterCode(world: World, phone: Phone, code: string): Promise<Device> {
  const request = world.pairingCodes.find(phone.phone, phone.namespace)
  if (!request)
    throw new Problem(404, 'no_code_requested', `No connected client asked for a pairing code for +${phone.phone}.`)
  if (request.finish) throw new Problem(409, 'already_linking', 'A code is being checked for this client already.')
  const ephemeral = generateKeyPair()
  const companionEphemeral = await unwrap(code, request.wrappedEphemeral)
  const finished = waitForFinish(request)
  request.connection.send(
    element(
      'notification',
      { from: SERVER, type: 'link_code_companion_reg', id: request.connection.nextId(), t: seconds() },
      [
        element('link_code_companion_reg', { stage: 'primary_hello' }, [
          element('link_code_pairing_ref', {}, request.ref),
          element('primary_identity_pub', {}, asBuffer(phone.identityPublic).subarray(1)),
          element('link_code_pairing_wrapped_primary_ephemeral_pub', {}, await wrap(code, ephemeral.rawPublicKey)),
        ]),
      ],
    ),
  )
  const bundle = await finished
  const sharedEphemeral = agree(ephemeral.privateKey, companionEphemeral)
  const { companionIdentity, random } = openBundle(sharedEphemeral, bundle)
  const { connection } = request
  if (!connection.registration?.identityPublic.equals(companionIdentity))
    throw new Problem(
      409,
      'bad_companion_identity',
      'The client finished with another identity than it registered with.',
    )
  const sharedIdentity = agree(asBuffer(phone.identityPrivate), companionIdentity)
  const secret = hkdfSync(
    'sha256',
    Buffer.concat([sharedEphemeral, sharedIdentity, random]),
    Buffer.alloc(0),
    'adv_secret',
    32,
  )
  return linkDevice(world, connection, phone, Buffer.from(secret))
}

/** With a wrong code both sides agree on different keys; the sealed bundle then does not open. */
function openBundle(sharedEphemeral: Buffer, bundle: Buffer): { companionIdentity: Buffer; random: Buffer } {
  const [salt, iv, sealed] = [bundle.subarray(0, 32), bundle.subarray(32, 44), bundle.subarray(44)]
  const key = hkdfSync('sha256', sharedEphemeral, salt, 'link_code_pairing_key_bundle_encryption_key', 32)
  try {
    const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key), iv).setAuthTag(sealed.subarray(-16))
    const plain = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
    return { companionIdentity: plain.subarray(0, 32), random: plain.subarray(64, 96) }
  } catch {
    throw new Problem(400, 'wrong_code', 'This is not the code the client shows.')
  }
}

function waitForFinish(request: PairingCodeRequest): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const fail = () =>
      reject(new Problem(409, 'client_refused', 'The client hung up or did not finish the code pairing.'))
    const timer = setTimeout(fail, CLIENT_ANSWER_MS)
    request.connection.onClose(fail)
    request.finish = (bundle) => {
      clearTimeout(timer)
      delete request.finish
      resolve(bundle)
    }
  })
}

async function unwrap(code: string, wrapped: Buffer): Promise<Buffer> {
  const key = await deriveKey(code, wrapped.subarray(0, 32), ITERATIONS, 32, 'sha256')
  const decipher = createDecipheriv('aes-256-ctr', key, wrapped.subarray(32, 48))
  return Buffer.concat([decipher.update(wrapped.subarray(48, 80)), decipher.final()])
}

async function wrap(code: string, publicKey: Buffer): Promise<Buffer> {
  const [salt, iv] = [randomBytes(32), randomBytes(16)]
  const key = await deriveKey(code, salt, ITERATIONS, 32, 'sha256')
  const cipher = createCipheriv('aes-256-ctr', key, iv)
  return Buffer.concat([salt, iv, cipher.update(publicKey), cipher.final()])
}
