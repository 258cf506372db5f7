import { randomBytes } from 'node:crypto'
import type { Connection } from '../server/connection.ts'
import { findDevice, removeDevice } from '../store/devices.ts'
import type { Stanza } from '../wire/codec.ts'
import { parseJid } from '../wire/jid.ts'
import { bytesOf, childOf, element } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import type { Answer } from './answer.ts'

const WRAPPED_KEY_BYTES = 80

/** xmlns `md`: pairing by code, and a device that removes itself (logout). */
export function answerMultiDeviceQuery(world: World, connection: Connection, stanza: Stanza): Answer {
  const code = childOf(stanza, 'link_code_companion_reg')
  if (code?.attrs.stage === 'companion_hello') return greetCompanion(world, connection, code)
  if (code?.attrs.stage === 'companion_finish') return finishCompanion(world, connection, code)
  const removal = childOf(stanza, 'remove-companion-device')
  if (removal && connection.device) {
    const jid = parseJid(removal.attrs.jid)
    const device = jid && findDevice(world.database, jid.user, jid.device)
    if (!device || device.id !== connection.device.id) return { error: 403, text: 'forbidden' }
    removeDevice(world.database, device.id)
    return {}
  }
  return { error: 501, text: 'feature-not-implemented' }
}

function greetCompanion(world: World, connection: Connection, code: Stanza): Answer {
  const phone = parseJid(code.attrs.jid)?.user
  const wrappedEphemeral = bytesOf(code, 'link_code_pairing_wrapped_companion_ephemeral_pub')
  const display = bytesOf(code, 'companion_platform_display')?.toString() ?? ''
  if (!phone || wrappedEphemeral?.length !== WRAPPED_KEY_BYTES || !connection.registration)
    return { error: 400, text: 'bad-request' }
  // The real server accepts only well-known systems here: "Chrome (Acme)" is a 400, "Chrome (Windows)" is not.
  if (!/\((Mac OS|Windows|Ubuntu|Linux|Android|iOS|ChromeOS)\)$/i.test(display))
    return { error: 400, text: 'bad-request' }
  const ref = Buffer.from(randomBytes(24).toString('base64url'))
  world.pairingCodes.add({ connection, phone, ref, wrappedEphemeral })
  return {
    content: [
      element('link_code_companion_reg', { stage: 'companion_hello' }, [element('link_code_pairing_ref', {}, ref)]),
    ],
  }
}

function finishCompanion(world: World, connection: Connection, code: Stanza): Answer {
  const request = world.pairingCodes.ofConnection(connection)
  const bundle = bytesOf(code, 'link_code_pairing_wrapped_key_bundle')
  const ref = bytesOf(code, 'link_code_pairing_ref')
  if (!request?.finish || !bundle || !ref?.equals(request.ref)) return { error: 400, text: 'bad-request' }
  request.finish(bundle)
  return {}
}
