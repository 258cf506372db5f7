import type { Device } from '../store/devices.ts'
import { confirmStanza } from '../store/queue.ts'
import type { Stanza } from '../wire/codec.ts'
import type { World } from '../world.ts'

/** `<ack>` of a client: the stanza it names need not be delivered again. For a message this is a nack (it sends receipts else). */
export function handleAck(world: World, device: Device, { attrs }: Stanza): void {
  const tag = attrs.class ?? ''
  const type = tag === 'receipt' ? (attrs.type ?? '') : null
  confirmStanza(world.database, device.id, tag, attrs.id ?? '', type, attrs.error !== undefined)
}
