import { afterAll, beforeAll, expect, test } from 'vitest'
import { BaileysClient, repairSignatureCheck } from './testing/baileys-client.ts'
import { ControlClient } from './testing/control-client.ts'
import { inboxOf, violationsOf } from './testing/fixture.ts'
import { type SimulatorProcess, spawnSimulator } from './testing/simulator-process.ts'
import { until } from './testing/until.ts'

const PHONE = '5511900000001'
const CONTACT = '5511988887777'
const FLOOD = 10_000
const MEMBERS = 256
const GROUP_MESSAGES = 10

let simulator: SimulatorProcess
let client: BaileysClient
let control: ControlClient
beforeAll(async () => {
  simulator = await spawnSimulator()
  repairSignatureCheck(simulator.trustRootHex)
  control = new ControlClient(simulator.controlUrl)
  client = new BaileysClient(simulator.socketUrl).connect()
  await control.call('POST', `/phones/${PHONE}/scan`, { qr: await client.qr() })
  await client.closed()
  client.connect()
  await client.opened()
  await until('the first synchronisation', () => client.auth.creds.accountSyncCounter > 0)
}, 60_000)
afterAll(async () => {
  await client.end()
  simulator.child.kill('SIGTERM')
  await simulator.exited
})

async function report(what: string, startedAt: number): Promise<void> {
  const { rssMb } = await control.call<{ rssMb: number }>('GET', '/health')
  process.stdout.write(`${what}: ${((Date.now() - startedAt) / 1000).toFixed(1)} s, simulator ${rssMb} MB\n`)
}

test('a flood of 10,000 texts arrives completely and in order', async () => {
  const startedAt = Date.now()
  await control.call('POST', `/contacts/${CONTACT}/send-many`, { to: PHONE, count: FLOOD, text: 'flood' })
  await report(`${FLOOD} texts encrypted`, startedAt)
  await until('all', () => client.texts().length === FLOOD, 180_000)
  await report(`${FLOOD} texts received`, startedAt)
  expect(client.texts()).toEqual(Array.from({ length: FLOOD }, (_, index) => `flood ${index + 1}`))
}, 300_000)

test('a group of 256 reads what the client writes, every member each message', async () => {
  const participants = [PHONE, ...Array.from({ length: MEMBERS - 2 }, (_, index) => `55119700${10_000 + index}`)]
  const startedAt = Date.now()
  const { jid } = await control.call<{ jid: string }>('POST', '/groups', {
    creator: CONTACT,
    subject: 'Big',
    participants,
  })
  await report(`group of ${MEMBERS} created`, startedAt)
  const sentAt = Date.now()
  for (let index = 0; index < GROUP_MESSAGES; index += 1)
    await client.socket.sendMessage(jid, { text: `to all ${index}` })
  for (const phone of [CONTACT, ...participants.slice(1)])
    await until(
      `all messages at ${phone}`,
      async () => (await inboxOf(control, phone)).filter(({ chat }) => chat === jid).length === GROUP_MESSAGES,
      120_000,
    )
  await report(`${GROUP_MESSAGES} messages read by all of them`, sentAt)
  expect(await violationsOf(control)).toEqual([])
}, 300_000)
