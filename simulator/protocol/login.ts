import type { Connection } from '../server/connection.ts'
import { findDevice } from '../store/devices.ts'
import { takeFault } from '../store/faults.ts'
import { phoneById } from '../store/phones.ts'
import { expectNoNacks } from '../store/queue.ts'
import { recordViolation } from '../store/violations.ts'
import type { proto } from '../wire/codec.ts'
import { lidJid } from '../wire/jid.ts'
import { asBuffer, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { strikeConnection } from './disconnect.ts'
import { targetOf } from './fault-target.ts'

/** Decides over a client that presents saved credentials: `<success>`, `<failure>`, or whatever a fault wants. */
export function logIn(world: World, connection: Connection, client: proto.ClientPayload): void {
  const { database, connections } = world
  const phoneNumber = String(client.username ?? '')
  const device = findDevice(database, phoneNumber, client.device ?? 0)
  if (device?.status !== 'active') {
    connection.namespace = device?.namespace ?? null
    const detail = device
      ? 'the device was removed'
      : `no device ${client.device} of phone ${phoneNumber} was ever linked`
    recordViolation(database, { namespace: connection.namespace, kind: 'unknown_device', phone: phoneNumber, detail })
    return failLogin(connection, 401)
  }
  if (!asBuffer(device.noisePublic).equals(connection.clientStatic!)) {
    const detail = 'the Noise key is not the one this device was linked with'
    recordViolation(database, {
      namespace: device.namespace,
      kind: 'noise_key_mismatch',
      phone: phoneNumber,
      device: device.device,
      detail,
    })
    return failLogin(connection, 401)
  }
  connection.device = device
  connection.namespace = device.namespace
  const target = targetOf(connection)
  if (takeFault(database, 'refuseConnections', target)) return connection.end('reset')
  const failure = takeFault(database, 'failure', target)
  if (failure) return failLogin(connection, failure.options.code ?? 500)
  const replaced = connections.register(connection, device.id)
  if (replaced) {
    replaced.send(element('stream:error', {}, [element('conflict', { type: 'replaced' })]))
    replaced.end()
  }
  expectNoNacks(database, device.id)
  database.run('UPDATE devices SET lastLoginAt = ? WHERE id = ?', Date.now(), device.id)
  if (takeFault(database, 'neverSuccess', target)) return
  const lid = phoneById(database, device.phoneId)!.lid
  connection.send(
    element('success', { t: seconds(), lid: lidJid(lid, device.device), props: '24', companion_enc_static: '' }),
  )
  const fault = ['drop', 'streamError', 'halfOpen'] as const
  for (const kind of fault) {
    const struck = takeFault(database, kind, { ...target, matches: ({ options }) => options.when === 'login' })
    if (struck) return strikeConnection(connection, struck)
  }
}

function failLogin(connection: Connection, reason: number): void {
  connection.send(element('failure', { reason: String(reason), location: 'sim' }))
  connection.end()
}
