import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { newId } from '../shared/core/ids.ts'
import { startTestFleet, type TestFleet, until } from './testing/test-fleet.ts'

const CONTACT = '5511988887777'
let fleet: TestFleet
const children: ChildProcess[] = []

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(async () => {
  await fleet.stop()
  rmSync(folder, { recursive: true, force: true })
})

const folder = mkdtempSync(join(tmpdir(), 'fleetline-worker-'))
const heartbeatFile = join(folder, 'heartbeat')

const startProcess = async (nodeOptions: readonly string[] = []) => {
  const workerId = newId('wrk')
  let output = ''
  const child = spawn(process.execPath, [...nodeOptions, join(import.meta.dirname, 'main.ts')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      ...fleet.cloud.env,
      WORKER_ID: workerId,
      WORKER_MODE: 'test',
      WORKER_CAPACITY: '3',
      WORKER_QUEUE_PREFIX: 'process-',
      HINTS_QUEUE_URL: fleet.hintsQueueUrl,
      EVENT_BUS: 'fleetline',
      HEARTBEAT_FILE: heartbeatFile,
      WA_TEST_URL: fleet.simulator.socketUrl,
      WA_TEST_TRUST_ROOT: fleet.simulator.trustRootHex,
    },
  })
  children.push(child)
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)))
  const row = await until('the worker is READY', async () => {
    if (child.exitCode !== null) throw new Error(output)
    const found = await fleet.workers.get(workerId)
    return found?.status === 'READY' ? found : null
  })
  return { child, id: workerId, queueUrl: row.queueUrl ?? '', row, output: () => output }
}

test('a worker process registers itself, serves a session, and drains on SIGTERM', async () => {
  const worker = await startProcess()
  expect(worker.row).toMatchObject({ mode: 'test', capacity: 3, incarnation: 1 })
  await until('a hint that it is ready', async () =>
    (await fleet.readHints()).some(({ kind, workerId }) => kind === 'workerReady' && workerId === worker.id),
  )
  const sessionId = await fleet.linkSession(worker, '5511900002001')
  const sent = await fleet.accept(sessionId, CONTACT, 'from a process')
  await fleet.untilMessage(sent.id, ['sent', 'delivered', 'read'])

  await until('the file that the health command looks at', () => existsSync(heartbeatFile))

  const exited = once(worker.child, 'exit')
  worker.child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
  expect(await fleet.workers.get(worker.id)).toMatchObject({ status: 'DRAINED', used: 0 })
  expect(await fleet.leases.get(sessionId)).toMatchObject({ owner: null, settled: true, desired: 'RUNNING' })
  expect(await fleet.workers.readAssigned(worker.id, 1)).toEqual([])
  // No secrets and no texts in what a worker says.
  expect(worker.output()).not.toContain('from a process')
  expect(worker.output()).not.toMatch(/privKey|5511900002001/)
})

test('a worker process killed with messages under way is replaced without a QR and without a double', async () => {
  const first = await startProcess()
  const sessionId = await fleet.linkSession(first, '5511900002002')
  const bodies = Array.from({ length: 80 }, (_, index) => `sigkill ${index}`)
  const rows = await Promise.all(bodies.map((body) => fleet.accept(sessionId, CONTACT, body)))
  const arrived = async () => (await fleet.simulator.inbox(CONTACT)).filter(({ text }) => bodies.includes(text ?? ''))
  await until('some arrived', async () => (await arrived()).length > 0)
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  const open = (await Promise.all(rows.map(({ id }) => fleet.messages.get(id)))).filter(
    (row) => row?.status === 'sending' || row?.status === 'queued',
  )
  expect(open.length).toBeGreaterThan(0)

  const second = await startProcess()
  await fleet.assign(sessionId, second)
  for (const row of rows) await fleet.untilMessage(row.id, ['sent', 'delivered', 'read'])
  await until('all arrived', async () => new Set((await arrived()).map(({ text }) => text)).size === bodies.length)
  const ids = new Set((await arrived()).map(({ whatsappId }) => whatsappId))
  expect([...ids].sort()).toEqual(rows.map(({ whatsappId }) => whatsappId).sort())
  expect(await fleet.sessions.getLinkSight(sessionId, Date.now())).toBeNull()
  expect(await fleet.simulator.violations()).toEqual([])
})

/** Runs before main.ts: the second session's outbox leaves a promise behind that fails, and nobody awaits it. */
const PLANTED = `
  import crypto from 'node:crypto'
  import { syncBuiltinESMExports } from 'node:module'
  const randomUUID = crypto.randomUUID
  let outboxes = 0
  crypto.randomUUID = (...options) => {
    if (new Error().stack.includes('session/outbox-attempt.ts') && ++outboxes === 2) {
      void Promise.reject(new Error('planted: nobody awaits this'))
      setTimeout(() => { throw new Error('planted: nobody catches this') }, 1)
    }
    return randomUUID(...options)
  }
  syncBuiltinESMExports()
`

test('an unhandled rejection in a session kills that session, not its neighbours and not the process', async () => {
  const worker = await startProcess(['--import', `data:text/javascript,${encodeURIComponent(PLANTED)}`])
  const neighbour = await fleet.linkSession(worker, '5511900002003')
  const poisoned = await fleet.linkSession(worker, '5511900002004')
  expect(await fleet.leases.get(poisoned)).toMatchObject({ crashes: 1 })
  expect(await fleet.leases.get(neighbour)).toMatchObject({ crashes: 0 })
  for (const sessionId of [neighbour, poisoned]) {
    const sent = await fleet.accept(sessionId, CONTACT, `after the fault of ${sessionId}`)
    await fleet.untilMessage(sent.id, ['sent', 'delivered', 'read'])
  }
  // Once each: the neighbour's connection never went away.
  const connected = (await fleet.readEvents(neighbour)).filter(({ type }) => type === 'session.connected')
  expect(connected).toHaveLength(1)
  expect(worker.child.exitCode).toBeNull()
  expect(worker.output()).toContain('planted: nobody awaits this')
  expect(worker.output()).toContain('planted: nobody catches this')
})

test.each([
  ['WORKER_MODE', 'neither'],
  ['WA_TEST_TRUST_ROOT', ''],
  ['WORKER_CAPACITY', 'many'],
])('says which variable is wrong: %s', async (name, value) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      ...fleet.cloud.env,
      WORKER_MODE: 'test',
      WA_TEST_URL: 'ws://127.0.0.1:9',
      WA_TEST_TRUST_ROOT: '00'.repeat(32),
      [name]: value,
    },
  })
  children.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)))
  const [code] = await once(child, 'close')
  expect(code).toBe(1)
  expect(output).toContain(name)
})
