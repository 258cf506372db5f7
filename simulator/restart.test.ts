import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { BaileysClient, repairSignatureCheck } from './testing/baileys-client.ts'
import { ControlClient } from './testing/control-client.ts'
import { inboxOf } from './testing/fixture.ts'
import { type SimulatorProcess, spawnSimulator } from './testing/simulator-process.ts'
import { until } from './testing/until.ts'

const PHONE = '5511900000001'
const CONTACT = '5511988887777'
const CONTACT_JID = `${CONTACT}@s.whatsapp.net`

const folders: string[] = []
const processes: SimulatorProcess[] = []
afterEach(async () => {
  for (const { child, exited } of processes.splice(0)) {
    child.kill('SIGKILL')
    await exited
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-'))
  folders.push(folder)
  return folder
}

async function start(...flags: string[]): Promise<SimulatorProcess> {
  const simulator = await spawnSimulator(...flags)
  processes.push(simulator)
  return simulator
}

test('a simulator killed with SIGKILL resumes: same trust root, no new QR, contacts decrypt, waiting messages arrive', async () => {
  const folder = newFolder()
  const first = await start('--data-dir', folder)
  repairSignatureCheck(first.trustRootHex)
  const control = new ControlClient(first.controlUrl)
  const client = new BaileysClient(first.socketUrl).connect()
  await control.call('POST', `/phones/${PHONE}/scan`, { qr: await client.qr() })
  await client.closed()
  client.connect()
  await client.opened()
  await client.socket.sendMessage(CONTACT_JID, { text: 'before' })
  await until('before', async () => (await inboxOf(control, CONTACT)).length === 1)
  await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text: 'ping' })
  await until('ping', () => client.texts().includes('ping'))
  await client.end()
  await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text: 'waiting' })
  first.child.kill('SIGKILL')
  await first.exited

  const ports = ['--port', new URL(first.socketUrl).port, '--control-port', new URL(first.controlUrl).port]
  const second = await start('--data-dir', folder, ...ports)
  expect(second).toMatchObject({ trustRootHex: first.trustRootHex, socketUrl: first.socketUrl })
  client.connect()
  await client.opened()
  expect(client.updates.some(({ qr }) => qr)).toBe(false)
  await until('waiting', () => client.texts('append').includes('waiting'))
  await client.socket.sendMessage(CONTACT_JID, { text: 'after' })
  await until('after', async () => (await inboxOf(control, CONTACT)).length === 2)
  expect((await inboxOf(control, CONTACT)).map(({ text }) => text)).toEqual(['before', 'after'])
  await client.end()
})

test('messages the server had acknowledged survive SIGKILLs under load', async () => {
  const folder = newFolder()
  let simulator = await start('--data-dir', folder)
  const ports = ['--port', new URL(simulator.socketUrl).port, '--control-port', new URL(simulator.controlUrl).port]
  repairSignatureCheck(simulator.trustRootHex)
  const control = new ControlClient(simulator.controlUrl)
  const client = new BaileysClient(simulator.socketUrl).connect()
  await control.call('POST', `/phones/${PHONE}/scan`, { qr: await client.qr() })
  await client.closed()
  const sent = new Set<string>()
  for (let round = 0; round < 3; round += 1) {
    client.connect()
    await client.opened()
    for (let index = 0; index < 15; index += 1) {
      const text = `${round}.${index}`
      const id = await client.socket.relayMessage(CONTACT_JID, { conversation: text }, {}).catch(() => undefined)
      if (id) sent.add(id)
      if (index === 10) simulator.child.kill('SIGKILL')
    }
    await client.closed()
    await simulator.exited
    simulator = await start('--data-dir', folder, ...ports)
  }
  const acknowledged = client.acks.map(({ attrs }) => attrs.id!)
  expect(acknowledged.length).toBeGreaterThan(10)
  await until('all acknowledged', async () => {
    const received = new Set((await inboxOf(control, CONTACT)).map(({ whatsappId }) => whatsappId))
    return acknowledged.every((id) => received.has(id))
  })
})

test('the process stops on SIGTERM and when its parent closes stdin', async () => {
  const one = await start()
  one.child.kill('SIGTERM')
  expect(await one.exited).toBe(0)
  const two = await start()
  two.child.stdin!.end()
  expect(await two.exited).toBe(0)
})

test('a port in use, a bad flag, a broken data file and one in use each end with one clear line', async () => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => blocker.once('listening', resolve))
  const { port } = blocker.address() as { port: number }
  await expect(spawnSimulator('--port', String(port))).rejects.toThrow('The port is in use')
  blocker.close()
  await expect(spawnSimulator('--port', 'x')).rejects.toThrow('--port must be a port number')
  const folder = newFolder()
  writeFileSync(join(folder, 'simulator.sqlite'), 'this is not a database, it is a text file of some length')
  await expect(spawnSimulator('--data-dir', folder)).rejects.toThrow('cannot be opened')
  const shared = newFolder()
  await start('--data-dir', shared)
  await expect(spawnSimulator('--data-dir', shared)).rejects.toThrow('another simulator is using it')
})
