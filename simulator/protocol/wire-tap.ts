import type { Connection } from '../server/connection.ts'
import { takeFault } from '../store/faults.ts'
import { logFrame, sha256, type WireRecipient } from '../store/wire-log.ts'
import type { Stanza } from '../wire/codec.ts'
import { childOf, childrenOf, contentBytes } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { targetOf } from './fault-target.ts'

/** Logs everything the server sends, and lets `delayFrames` faults slow it down. */
export function watchConnection(world: World, connection: Connection): void {
  connection.onSent = (stanza, payload) => {
    logFrame(world.database, { ...whoIs(connection), direction: 'out', stanza, payload, ...recipientsField(stanza) })
  }
  connection.frameDelayMs = () => {
    const fault = connection.namespace ? takeFault(world.database, 'delayFrames', targetOf(connection)) : undefined
    return fault?.options.delayMs ?? 0
  }
}

/** Logs a stanza the client sent; returns its frame number. */
export function logIncoming(world: World, connection: Connection, stanza: Stanza, payload: Uint8Array): number {
  return logFrame(world.database, {
    ...whoIs(connection),
    direction: 'in',
    stanza,
    payload,
    ...recipientsField(stanza),
  })
}

function whoIs({ namespace, namespaceHint, device }: Connection) {
  return { namespace: namespace ?? namespaceHint, ...(device ? { phone: device.phone, device: device.device } : {}) }
}

function recipientsField(stanza: Stanza): { recipients?: WireRecipient[] } {
  return stanza.tag === 'message' ? { recipients: listRecipients(stanza) } : {}
}

function listRecipients(stanza: Stanza): WireRecipient[] {
  const direct = childrenOf(stanza, 'enc').map((enc) => describe(stanza.attrs.to ?? stanza.attrs.from ?? '', enc))
  const fanned = childrenOf(childOf(stanza, 'participants'), 'to').flatMap((to) =>
    childrenOf(to, 'enc').map((enc) => describe(to.attrs.jid ?? '', enc)),
  )
  return [...direct, ...fanned]
}

function describe(jid: string, enc: Stanza): WireRecipient {
  return { jid, encType: enc.attrs.type ?? '', ciphertextSha256: sha256(contentBytes(enc) ?? Buffer.alloc(0)) }
}
