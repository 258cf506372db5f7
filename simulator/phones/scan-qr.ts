import { Problem } from '../problem.ts'
import { linkDevice } from '../protocol/pairing.ts'
import type { Device } from '../store/devices.ts'
import type { Phone } from '../store/phones.ts'
import { readSettings } from '../store/settings.ts'
import { SERVER } from '../wire/jid.ts'
import { element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'

type QrFields = { ref: string; noisePublic: Buffer; identityPublic: Buffer; advSecret: Buffer }

/** The phone's camera sees `qr`. Resolves when the client has become a linked device. Rejects with a Problem. */
export async function scanQr(world: World, phone: Phone, qr: string): Promise<Device> {
  const fields = parseQr(qr)
  const reference = world.qrReferences.find(fields.ref)
  if (!reference) throw new Problem(404, 'unknown_ref', 'No client on this server was given the reference in this QR.')
  const { connection } = reference
  if (connection.namespaceHint !== null && connection.namespaceHint !== phone.namespace)
    throw new Problem(404, 'unknown_ref', 'No client on this server was given the reference in this QR.')
  if (reference.consumed) throw new Problem(409, 'ref_used', 'This QR was scanned before.')
  if (connection.isClosed)
    throw new Problem(410, 'expired_ref', 'The client that showed this QR is no longer connected.')
  if (reference.expiresAt <= Date.now())
    throw new Problem(410, 'expired_ref', 'This QR has expired: scan the one shown now.')
  const { registration, clientStatic } = connection
  if (
    !registration ||
    !clientStatic?.equals(fields.noisePublic) ||
    !registration.identityPublic.equals(fields.identityPublic)
  )
    throw new Problem(
      400,
      'malformed_qr',
      'The keys in this QR are not those of the client that was given its reference.',
    )
  if (connection.device || connection.namespace)
    throw new Problem(409, 'already_linking', 'A phone is linking this client already.')
  if (readSettings(world.database, phone.namespace).companionRegRefresh && !refreshed.has(connection)) {
    refreshed.set(connection, fields.advSecret)
    const attrs = { from: SERVER, type: 'companion_reg_refresh', id: connection.nextId(), t: seconds() }
    connection.send(element('notification', attrs))
    throw new Problem(
      409,
      'rescan_required',
      'The server asked the client for a fresh secret: scan the QR it shows now.',
    )
  }
  if (refreshed.get(connection)?.equals(fields.advSecret))
    throw new Problem(409, 'stale_secret', 'This QR still carries the secret from before companion_reg_refresh.')
  reference.consumed = true
  return linkDevice(world, connection, phone, fields.advSecret)
}

/** Connections that were told to rotate their adv secret, with the secret they had. */
const refreshed = new WeakMap<object, Buffer>()

function parseQr(qr: string): QrFields {
  const fields = qr.slice(qr.indexOf('#') + 1).split(',')
  const [ref, noise, identity, secret] = fields
  const [noisePublic, identityPublic, advSecret] = [noise, identity, secret].map((text) =>
    Buffer.from(text ?? '', 'base64'),
  )
  const keys = [noisePublic, identityPublic, advSecret]
  if (!ref || fields.length < 4 || keys.some((key) => key?.length !== 32))
    throw new Problem(
      400,
      'malformed_qr',
      'A QR reads ref,noiseKey,identityKey,advSecret[,platform]; the three keys are 32 bytes in base64.',
    )
  return { ref, noisePublic: noisePublic!, identityPublic: identityPublic!, advSecret: advSecret! }
}
