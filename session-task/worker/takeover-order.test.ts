import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeLogS3Client } from '../auth-log/s3-log-device.ts'
import { quietLog } from '../auth-log/testing/open-memory-log.ts'
import { HostingRows } from '../session/hosting-rows.ts'
import type { WorkerServices } from '../session/session-context.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'
import { openConnection } from '../whatsapp/open-connection.ts'

let fleet: TestFleet
const CONTACT = '5511988887777'

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
})
afterAll(async () => {
  await fleet.stop()
})

test('what an owner left undone is told by the next one before it connects', async () => {
  let isBusAway = false
  const told: string[] = []
  const eventSink: WorkerServices['eventSink'] = {
    publish: (refs) => {
      if (isBusAway) return new Promise(() => {})
      told.push(...refs.map(({ type }) => type))
      return Promise.resolve([])
    },
  }
  const first = await fleet.startWorker({ eventSink, isEndedByTest: true })
  const phone = '5511900009001'
  const sessionId = await fleet.linkSession(first, phone)
  await until('all is told so far', () => told.includes('session.connected'))
  isBusAway = true
  await fleet.simulator.contactSends(CONTACT, phone, 'told by the next one')
  const received = async () => (await fleet.readEvents(sessionId)).some(({ type }) => type === 'message.received')
  await until('its row', received)
  first.abandon()

  const undoneAtConnect: number[] = []
  const second = await fleet.startWorker({
    openConnection: (options) => {
      undoneAtConnect.push(options.log.state.undoneCount)
      return openConnection(options)
    },
  })
  const publishedBefore = fleet.published.length
  await fleet.assign(sessionId, second)
  await until('connected', () => undoneAtConnect.length > 0)
  expect(undoneAtConnect[0]).toBe(0)
  const replayed = fleet.published.slice(publishedBefore).map(({ type }) => type)
  expect(replayed).toContain('message.received')
})

test('a session is ours by the lease and by the log: one of them alone says nothing', async () => {
  const worker = await fleet.startWorker()
  const sessionId = await fleet.linkSession(worker, '5511900009002')
  const logClient = makeLogS3Client()
  const rowsOf = (workerId: string) =>
    new HostingRows({
      services: {
        tables: fleet.tables,
        tenantKeys: fleet.tenantKeys,
        owner: { workerId, incarnation: 1 },
        logClient,
        authBucket: 'auth',
      } as unknown as WorkerServices,
      scope: fleet.scope,
      sessionId,
      log: quietLog,
    })
  const epoch = (await fleet.leases.get(sessionId))?.epoch ?? 0
  expect(await rowsOf(worker.id).isVerifiedOurs(epoch)).toBe(true)
  expect(await rowsOf(worker.id).isVerifiedOurs(epoch + 1)).toBe(false)
  expect(await rowsOf('wrk_other').isVerifiedOurs(epoch)).toBe(false)
  logClient.destroy()
})
