import { reportFailure } from '../report.ts'
import type { CloseMode, Connection } from '../server/connection.ts'
import { FrameReader } from '../server/frames.ts'
import { NoiseResponder } from '../server/noise.ts'
import { takeFault } from '../store/faults.ts'
import { recordViolation, type ViolationKind } from '../store/violations.ts'
import { decodeBinaryNode, proto, type Stanza } from '../wire/codec.ts'
import { asBuffer, element } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { endWithStreamError } from './disconnect.ts'
import { dispatchStanza } from './dispatch.ts'
import { logIn } from './login.ts'
import { offerPairing } from './pairing.ts'
import { watchConnection } from './wire-tap.ts'

const HANDSHAKE_MS = 30_000

/** Wires a fresh WebSocket to the protocol; the result takes the bytes it receives. */
export function openConnection(world: World, connection: Connection): (data: Uint8Array) => void {
  const reader = new FrameReader()
  const noise = new NoiseResponder()
  let step: 'hello' | 'finish' | 'open' = 'hello'
  let tail: Promise<void> = Promise.resolve()
  world.connections.add(connection)
  watchConnection(world, connection)
  const watchdog = setTimeout(() => step !== 'open' && connection.end(), HANDSHAKE_MS).unref()
  connection.onClose(() => clearTimeout(watchdog))

  function refuse(kind: ViolationKind, error: unknown, mode: CloseMode = 'reset'): void {
    const { namespace, namespaceHint, device } = connection
    const who = device ? { phone: device.phone, device: device.device } : {}
    recordViolation(world.database, {
      namespace: namespace ?? namespaceHint,
      kind,
      ...who,
      detail: (error as Error).message,
    })
    connection.end(mode)
  }

  function takeFrame(frame: Buffer): void {
    if (step === 'hello') {
      const hello = proto.HandshakeMessage.decode(frame).clientHello?.ephemeral
      if (hello?.length !== 32) throw new Error('clientHello without a 32-byte ephemeral key')
      connection.sendRaw(
        proto.HandshakeMessage.encode({
          serverHello: noise.answerHello(hello, world.identity.noiseKey, chainFor(world, connection)),
        }).finish(),
      )
      step = 'finish'
    } else if (step === 'finish') {
      const finish = proto.HandshakeMessage.decode(frame).clientFinish
      const { clientStatic, payload, transport } = noise.openFinish(
        finish?.static ?? Buffer.alloc(0),
        finish?.payload ?? Buffer.alloc(0),
      )
      connection.useTransport(transport)
      connection.clientStatic = clientStatic
      step = 'open'
      const client = proto.ClientPayload.decode(payload)
      if (client.devicePairingData) offerPairing(world, connection, client)
      else logIn(world, connection, client)
    } else {
      const payload = connection.decrypt(frame)
      // Decoding is asynchronous (a stanza may be deflated): a chain keeps the order of arrival.
      tail = tail.then(() => takeStanza(payload))
    }
  }

  async function takeStanza(payload: Buffer): Promise<void> {
    if (connection.isClosed || connection.isFrozen) return
    let stanza: Stanza
    try {
      stanza = (await decodeBinaryNode(payload)) as Stanza
    } catch (error) {
      connection.send(element('stream:error', {}, [element('xml-not-well-formed')]))
      return refuse('bad_stanza', error, 'close')
    }
    try {
      await dispatchStanza(world, connection, stanza, payload)
    } catch (error) {
      reportFailure(`<${stanza.tag} id=${stanza.attrs.id}>`, error)
      endWithStreamError(connection, 500)
    }
  }

  return (data) => {
    if (connection.isClosed || connection.isFrozen) return
    let frames: Buffer[]
    try {
      frames = reader.push(asBuffer(data))
    } catch (error) {
      return refuse('bad_prologue', error)
    }
    for (const frame of frames) {
      try {
        takeFrame(frame)
      } catch (error) {
        return refuse(step === 'open' ? 'bad_frame' : 'bad_handshake', error)
      }
    }
  }
}

/** A forged chain is signed by a root nobody trusts: a client that checks signatures must hang up. */
function chainFor(world: World, connection: Connection): Buffer {
  const fault = takeFault(world.database, 'forgedCertificate', { namespace: connection.namespaceHint ?? 'default' })
  return fault ? world.identity.forgedChain : world.identity.chain
}
