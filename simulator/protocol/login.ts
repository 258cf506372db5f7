import type { Connection } from '../server/connection.ts'
import { type Device, findDevice } from '../store/devices.ts'
import { takeFault } from '../store/faults.ts'
import { phoneById } from '../store/phones.ts'
import { expectNoNacks } from '../store/queue.ts'
import { readSettings } from '../store/settings.ts'
import { recordViolation } from '../store/violations.ts'
import type { proto } from '../wire/codec.ts'
import { lidJid } from '../wire/jid.ts'
import { asBuffer, element, seconds } from '../wire/stanza.ts'
import type { World } from '../world.ts'
import { endWithStreamError, strikeConnection } from './disconnect.ts'
import { targetOf } from './fault-target.ts'

const CONFLICT_REPLACED = 440
const CLIENT_OUTDATED = 405

/** Decides over a client that presents saved credentials: `<success>`, `<failure>`, or whatever a fault wants. */
export function logIn(world: World, connection: Connection, client: proto.ClientPayload): void {
  const device = identifyDevice(world, connection, client)
  const target = targetOf(connection)
  if (!device) failLogin(connection, 401)
  else if (takeFault(world.database, 'refuseConnections', target)) connection.end('reset')
  else if ((client.userAgent?.appVersion?.tertiary ?? 0) < readSettings(world.database, device.namespace).minimumBuild)
    failLogin(connection, CLIENT_OUTDATED)
  else {
    const failure = takeFault(world.database, 'failure', target)
    if (failure) failLogin(connection, failure.options.code ?? 500)
    else welcome(world, connection, device)
  }
}

/** The device these credentials belong to; undefined if it is unknown, removed or somebody else's. */
function identifyDevice({ database }: World, connection: Connection, client: proto.ClientPayload): Device | undefined {
  const phone = String(client.username ?? '')
  const number = client.device ?? 0
  const device = findDevice(database, phone, number)
  connection.namespace = device?.namespace ?? null
  if (!device) {
    const detail = `no device ${number} of phone ${phone} was ever linked`
    recordViolation(database, { namespace: connection.namespaceHint, kind: 'unknown_device', phone, detail })
    return undefined
  }
  // No violation: a client may well look once more whether its removal was meant.
  if (device.status !== 'active') return undefined
  if (!asBuffer(device.noisePublic).equals(connection.clientStatic!)) {
    const detail = 'the Noise key is not the one this device was linked with'
    const { namespace } = device
    recordViolation(database, { namespace, kind: 'noise_key_mismatch', phone, device: number, detail })
    return undefined
  }
  connection.device = device
  return device
}

function welcome(world: World, connection: Connection, device: Device): void {
  const { database, connections } = world
  const target = targetOf(connection)
  const replaced = connections.register(connection, device.id)
  if (replaced) endWithStreamError(replaced, CONFLICT_REPLACED)
  expectNoNacks(database, device.id)
  database.run('UPDATE devices SET lastLoginAt = ? WHERE id = ?', Date.now(), device.id)
  if (takeFault(database, 'neverSuccess', target)) return
  const { lid } = phoneById(database, device.phoneId)!
  connection.send(element('success', { t: seconds(), lid: lidJid(lid, device.device), props: '24' }))
  for (const kind of ['drop', 'streamError', 'halfOpen'] as const) {
    const fault = takeFault(database, kind, { ...target, matches: ({ options }) => options.when === 'login' })
    if (fault) strikeConnection(connection, fault)
  }
}

function failLogin(connection: Connection, reason: number): void {
  connection.send(element('failure', { reason: String(reason), location: 'sim' }))
  connection.end()
}
