import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeLogS3Client } from '../auth-log/s3-log-device.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'

let fleet: TestFleet
const CONTACT = '5511988887777'
const SESSIONS = 8
/** of the outbox, for answers to what is in flight */
const PATIENCE_MS = 10_000
const STORAGE_TIMEOUT_MS = 3_000
const MARGIN_MS = 12_000

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(CONTACT, { name: 'Ana', deliveryReceipts: false })
})
afterAll(() => fleet.stop())

test('a drain takes as long as its slowest session, not as long as all of them: one without storage holds nobody up', async () => {
  let broken = ''
  const logClient = makeLogS3Client()
  logClient.middlewareStack.add(
    (next) => async (args) => {
      const { Key: key = '' } = args.input as { Key?: string }
      if (broken && key.includes(broken)) throw Object.assign(new Error('S3 is away'), { name: 'TimeoutError' })
      return next(args)
    },
    { step: 'initialize', priority: 'high' },
  )
  const worker = await fleet.startWorker({
    logClient,
    ackTimeoutMs: 60_000,
    logLimits: { storageTimeoutMs: STORAGE_TIMEOUT_MS },
    isEndedByTest: true,
  })
  const phones = Array.from({ length: SESSIONS }, (_, index) => `551190000920${index}`)
  const sessions: string[] = []
  for (const phone of phones) sessions.push(await fleet.linkSession(worker, phone))
  for (const phone of phones) await fleet.simulator.fault({ kind: 'swallowAcks', phone, count: 1 })
  const rows = await Promise.all(sessions.map((id) => fleet.accept(id, CONTACT, `in flight of ${id}`)))
  await until('all are at the contact, none is answered', async () => {
    const inbox = new Set((await fleet.simulator.inbox(CONTACT)).map(({ whatsappId }) => whatsappId))
    return rows.every(({ whatsappId }) => inbox.has(whatsappId))
  })

  broken = sessions[0] ?? ''
  const startedAt = performance.now()
  await worker.drain()
  expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS + STORAGE_TIMEOUT_MS + MARGIN_MS)
  const leases = await Promise.all(sessions.map((id) => fleet.leases.get(id)))
  expect(leases.map((lease) => lease?.owner)).toEqual(sessions.map(() => null))
  // What could not write its end is looked at by whoever opens it next.
  expect(leases.map((lease) => lease?.settled)).toEqual(sessions.map((_, index) => index > 0))
  expect((await fleet.workers.get(worker.id))?.status).toBe('DRAINED')
  const hinted = (await fleet.readHints()).flatMap((hint) => (hint.kind === 'session' ? [hint.sessionId] : []))
  expect([...new Set(hinted)].toSorted()).toEqual(sessions.toSorted())
}, 120_000)
