import { expect, test } from 'vitest'
import { BaileysClient, repairSignatureCheck } from './testing/baileys-client.ts'
import { ControlClient } from './testing/control-client.ts'
import { spawnSimulator } from './testing/simulator-process.ts'
import { until } from './testing/until.ts'

const DEVICES = Number(process.env.SIMULATOR_DEVICES ?? 1000)
const PARALLEL = 4
const CONTACT = '5511988887777'

type Health = { rssMb: number; connections: number }
type State = { active: number; received: number }

test(`${DEVICES} linked devices are connected to one process at a time and each exchanges a message`, async () => {
  const simulator = await spawnSimulator()
  repairSignatureCheck(simulator.trustRootHex)
  const control = new ControlClient(simulator.controlUrl)
  const report = async (label: string) => {
    const { rssMb, connections } = await control.call<Health>('GET', '/health')
    process.stdout.write(`${label}: simulator RSS ${rssMb} MB, ${connections} connections\n`)
  }
  await report('empty')
  await control.call('POST', '/contacts', { phone: CONTACT })
  const clients: BaileysClient[] = []
  const link = async (index: number) => {
    const phone = `55119${String(10_000_000 + index)}`
    const client = new BaileysClient(simulator.socketUrl, { keepAliveIntervalMs: 60_000 }).connect()
    clients.push(client)
    await control.call('POST', `/phones/${phone}/scan`, { qr: await client.qr() })
    await client.closed(60_000)
    client.connect()
    await until('open', () => client.updates.some(({ connection }) => connection === 'open'), 60_000)
  }
  const startedAt = Date.now()
  for (let index = 0; index < DEVICES; index += PARALLEL) {
    await Promise.all(Array.from({ length: Math.min(PARALLEL, DEVICES - index) }, (_, offset) => link(index + offset)))
    if ((index / PARALLEL) % 50 === 0) await report(`${clients.length} linked after ${Date.now() - startedAt} ms`)
  }
  await until('all active', async () => (await control.call<State>('GET', '/state')).active === DEVICES, 60_000)
  await report('all linked')
  const sendingAt = Date.now()
  for (const client of clients) await client.socket.sendMessage(`${CONTACT}@s.whatsapp.net`, { text: 'hello' })
  const received = async () => {
    const { data } = await control.call<{ data: unknown[] }>('GET', `/contacts/${CONTACT}/inbox`)
    return data.length === DEVICES
  }
  await until('every message', received, 120_000)
  await report(`all sent after ${Date.now() - sendingAt} ms`)
  for (const client of clients) await client.end()
  simulator.child.stdin!.end()
  expect(await simulator.exited).toBe(0)
})
