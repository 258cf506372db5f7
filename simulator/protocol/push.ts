import type { Connection } from '../server/connection.ts'
import { enqueueStanza, queuedStanzas } from '../store/queue.ts'
import { decodeBinaryNode, encodeBinaryNode, type Stanza } from '../wire/codec.ts'
import { asBuffer, element } from '../wire/stanza.ts'
import type { World } from '../world.ts'

/**
 * Puts a stanza into the device's queue (inside the caller's transaction). It stays there, through reconnects and restarts, until
 * the client has confirmed it. @returns a function that sends it now if the device is online: call it after the commit.
 */
export function queueForDevice(world: World, deviceId: number, stanza: Stanza, nacksToSkip = 0): () => void {
  const { attrs, tag } = stanza
  const entry = { deviceId, tag, stanzaId: attrs.id ?? '', type: attrs.type ?? '', stanza: encodeBinaryNode(stanza) }
  enqueueStanza(world.database, entry, nacksToSkip)
  return () => {
    const connection = world.connections.ofDevice(deviceId)
    if (connection?.isActive) connection.send(stanza)
  }
}

/** After `active`: everything unconfirmed, oldest first, marked `offline`; then the line that says it is complete. */
export async function deliverQueue(world: World, connection: Connection, deviceId: number): Promise<void> {
  let sent = 0
  let lastSeq = 0
  // Decoding yields, so something may be queued meanwhile: go on until nothing is left, then open the gate in the same turn.
  for (;;) {
    const batch = queuedStanzas(world.database, deviceId).filter(({ seq }) => seq > lastSeq)
    if (batch.length === 0) break
    for (const { seq, stanza } of batch) {
      const decoded = (await decodeBinaryNode(asBuffer(stanza))) as Stanza
      connection.send({ ...decoded, attrs: { ...decoded.attrs, offline: String(sent) } })
      sent += 1
      lastSeq = seq
    }
  }
  connection.isActive = !connection.isClosed
  connection.send(element('ib', {}, [element('offline', { count: String(sent) })]))
}
