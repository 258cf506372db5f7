import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeDocumentClient } from '../../shared/store/table.ts'
import { openTables } from '../../shared/store/tables.ts'
import { makeLogS3Client } from '../auth-log/s3-log-device.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'
import { openConnection } from '../whatsapp/open-connection.ts'

let fleet: TestFleet
const CONTACT = '5511988887777'
/** An hour in 9 seconds: every constant of the code that runs is 400 times shorter, the code is the same. */
const SCALE = 400
const OUTAGE_MS = 3_600_000 / SCALE
const SESSIONS = 3

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
})
afterAll(() => fleet.stop())

/** A service that is away as a real one is: some calls fail at once, some do what they should and say nothing. */
const makeOutage = () => {
  const state = { isAway: false, refused: 0 }
  const middleware =
    (next: (args: never) => Promise<never>) =>
    async (args: never): Promise<never> => {
      if (!state.isAway) return next(args)
      // The very first calls still had their effect.
      if (state.refused++ % 100 < 3) await next(args)
      throw Object.assign(new Error('the service is away'), { name: 'TimeoutError' })
    }
  return { state, middleware }
}

const startAway = async (phones: readonly string[], options: Parameters<TestFleet['startWorker']>[0]) => {
  const counts = { opened: 0 }
  const worker = await fleet.startWorker({
    ackTimeoutMs: 30_000,
    ...options,
    openConnection: (connection) => {
      counts.opened++
      return openConnection(connection)
    },
  })
  const sessions: string[] = []
  for (const phone of phones) sessions.push(await fleet.linkSession(worker, phone))
  return { worker, sessions, counts }
}

const receivedBy = async (sessionId: string) =>
  (await fleet.readAllEvents(sessionId))
    .filter(({ type }) => type === 'message.received')
    .map(({ data }) => data.message?.text?.body)

const expectEachOnce = async (sessionId: string, prefix: string, count: number) => {
  const texts = await until(
    `all of ${prefix}`,
    async () => {
      const received = await receivedBy(sessionId)
      return received.length >= count ? received : null
    },
    60_000,
  )
  expect(texts.toSorted()).toEqual(Array.from({ length: count }, (_, index) => `${prefix} ${index + 1}`).toSorted())
}

test('S3 away for an hour: no socket without a log, no storm, nothing lost, everybody back by himself', async () => {
  const { state, middleware } = makeOutage()
  const logClient = makeLogS3Client()
  logClient.middlewareStack.add(middleware as never, { step: 'initialize', priority: 'high' })
  const phones = Array.from({ length: SESSIONS }, (_, index) => `551190000870${index}`)
  const { worker, sessions, counts } = await startAway(phones, {
    logClient,
    logLimits: { storageTimeoutMs: 30_000 / SCALE },
    reopenMs: { base: 1_000 / SCALE, cap: 60_000 / SCALE },
  })
  const leases = await Promise.all(sessions.map((id) => fleet.leases.get(id)))
  const opened = counts.opened

  state.isAway = true
  const endsAt = performance.now() + OUTAGE_MS
  const rows = await Promise.all(sessions.map((id) => fleet.accept(id, CONTACT, `out of ${id}`)))
  for (const [index, phone] of phones.entries()) await fleet.simulator.contactFloods(CONTACT, phone, `for ${index}`, 20)
  for (const id of sessions)
    await until('it says why', async () => {
      const row = await fleet.sessions.get(id)
      return row?.status === 'reconnecting' && row.reason?.code === 'storage_unavailable'
    })
  const refusedEarly = state.refused
  await until('the hour is over', () => performance.now() > endsAt, OUTAGE_MS + 10_000)
  const attempts = state.refused - refusedEarly
  // Not one socket, and calls at the pace of the back-off: an hour has 60 to 120 delays of half to one minute, and an
  // attempt asks S3 for at most a few objects, twice.
  expect(counts.opened).toBe(opened)
  expect(attempts).toBeGreaterThan(SESSIONS * 10)
  expect(attempts).toBeLessThan(SESSIONS * 130 * 4)

  state.isAway = false
  for (const row of rows) await fleet.untilMessage(row.id, ['sent', 'delivered', 'read'], 60_000)
  for (const [index, id] of sessions.entries()) await expectEachOnce(id, `for ${index}`, 20)
  // One each; on a busy machine sockets fail again, with all delays 400 times shorter. A storm would be dozens.
  expect(counts.opened).toBeLessThanOrEqual(opened + 4 * SESSIONS)
  for (const id of sessions) expect((await fleet.sessions.get(id))?.status).toBe('connected')
  const owners = await Promise.all(sessions.map((id) => fleet.leases.get(id)))
  expect(owners.map((lease) => lease?.owner)).toEqual(leases.map((lease) => lease?.owner))
  expect(worker.sessionCount).toBe(SESSIONS)
  const inbox = (await fleet.simulator.inbox(CONTACT)).map(({ whatsappId }) => whatsappId)
  for (const { whatsappId } of rows) expect(inbox.filter((id) => id === whatsappId)).toHaveLength(1)
  expect(await fleet.simulator.violations()).toEqual([])
}, 180_000)

test('DynamoDB away for an hour under load: the intake closes once and stays closed, nothing is lost or told twice', async () => {
  const { state, middleware } = makeOutage()
  const client = makeDocumentClient()
  client.middlewareStack.add(middleware as never, { step: 'initialize', priority: 'high' })
  const phones = ['5511900008711', '5511900008712']
  const { sessions, counts } = await startAway(phones, {
    tables: openTables(client),
    heartbeatMs: 10_000 / SCALE,
    undoneLimit: { records: 60, bytes: 1_000_000 },
  })
  const [busy = '', quiet = ''] = sessions
  const opened = counts.opened

  state.isAway = true
  const endsAt = performance.now() + OUTAGE_MS
  await fleet.simulator.contactFloods(CONTACT, phones[0] ?? '', 'busy', 150)
  await fleet.simulator.contactFloods(CONTACT, phones[1] ?? '', 'quiet', 20)
  const waiting = await fleet.accept(quiet, CONTACT, 'accepted meanwhile')
  await until('the hour is over', () => performance.now() > endsAt, OUTAGE_MS + 10_000)
  // The busy one waits without a socket, the quiet one keeps its own.
  expect(counts.opened).toBe(opened)
  expect((await fleet.messages.get(waiting.id))?.attempts).toBe(0)

  state.isAway = false
  await fleet.untilMessage(waiting.id, ['sent', 'delivered', 'read'], 60_000)
  await expectEachOnce(busy, 'busy', 150)
  await expectEachOnce(quiet, 'quiet', 20)
  expect(counts.opened).toBeGreaterThan(opened)
  expect(counts.opened).toBeLessThanOrEqual(opened + 8)
  for (const id of sessions) await fleet.untilStatus(id, 'connected')
  const inbox = (await fleet.simulator.inbox(CONTACT)).filter(({ whatsappId }) => whatsappId === waiting.whatsappId)
  expect(inbox).toHaveLength(1)
}, 180_000)
