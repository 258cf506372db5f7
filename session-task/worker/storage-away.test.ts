import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeLogS3Client } from '../auth-log/s3-log-device.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'
import { openConnection } from '../whatsapp/open-connection.ts'

let fleet: TestFleet
const CONTACT = '5511988887777'
const SESSIONS = 4

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
})
afterAll(async () => {
  await fleet.stop()
})

/** S3 that goes away and comes back as the test says. */
const makeLeavingS3 = () => {
  let isAway = false
  const logClient = makeLogS3Client()
  logClient.middlewareStack.add(
    (next) => async (args) => {
      if (isAway) throw Object.assign(new Error('S3 is away'), { name: 'TimeoutError' })
      return next(args)
    },
    { step: 'initialize', priority: 'high' },
  )
  const setAway = (away: boolean) => {
    isAway = away
  }
  return { logClient, setAway }
}

test('while S3 is away nobody reconnects, nothing is lost, and it is told; afterwards each session connects without a storm', async () => {
  const { logClient, setAway } = makeLeavingS3()
  let opened = 0
  const worker = await fleet.startWorker({
    logClient,
    ackTimeoutMs: 30_000,
    logLimits: { storageTimeoutMs: 1_000 },
    openConnection: (options) => {
      opened++
      return openConnection(options)
    },
  })
  const phones = Array.from({ length: SESSIONS }, (_, index) => `55119000090${index}0`)
  const sessions: string[] = []
  for (const phone of phones) sessions.push(await fleet.linkSession(worker, phone))
  const before = opened

  setAway(true)
  const rows = await Promise.all(sessions.map((id) => fleet.accept(id, CONTACT, `for ${id}`)))
  const bodies = phones.flatMap((phone) => [`one for ${phone}`, `two for ${phone}`])
  for (const phone of phones)
    for (const body of bodies.filter((text) => text.endsWith(phone)))
      await fleet.simulator.contactSends(CONTACT, phone, body)
  for (const id of sessions)
    await until('the state says why', async () => {
      const row = await fleet.sessions.get(id)
      return row?.status === 'reconnecting' && row.reason?.code === 'storage_unavailable'
    })
  // Without a log there is no socket: not one attempt while it is away.
  expect(opened).toBe(before)

  setAway(false)
  for (const row of rows) await fleet.untilMessage(row.id, ['sent', 'delivered', 'read'], 90_000)
  // One each; on a busy machine a socket may fail once more. A storm would be dozens.
  expect(opened).toBeLessThanOrEqual(before + 2 * SESSIONS)
  for (const [index, id] of sessions.entries()) {
    const texts = async () =>
      (await fleet.readEvents(id))
        .filter(({ type }) => type === 'message.received')
        .map(({ data }) => data.message?.text?.body)
    await until('what came in meanwhile', async () => (await texts()).length >= 2)
    expect((await texts()).toSorted()).toEqual(bodies.filter((body) => body.endsWith(phones[index] ?? '')).toSorted())
    const told = (await fleet.readEvents(id)).filter(({ type }) => type.startsWith('session.'))
    expect(told.slice(-2).map(({ type, data }) => [type, data.session?.status])).toEqual([
      ['session.disconnected', 'reconnecting'],
      ['session.connected', 'connected'],
    ])
  }
  const inbox = (await fleet.simulator.inbox(CONTACT)).map(({ whatsappId }) => whatsappId)
  for (const { whatsappId } of rows) expect(inbox).toContain(whatsappId)
  expect(await fleet.simulator.violations()).toEqual([])
}, 120_000)

test('a worker that drains while S3 is away leaves its session unsettled: somebody opens it, even if it is stopped', async () => {
  const { logClient, setAway } = makeLeavingS3()
  const worker = await fleet.startWorker({ logClient, logLimits: { storageTimeoutMs: 500 } })
  const phone = '5511900009999'
  const sessionId = await fleet.linkSession(worker, phone)
  setAway(true)
  await fleet.simulator.contactSends(CONTACT, phone, 'unwritten')
  await until('the log is lost', async () => (await fleet.sessions.get(sessionId))?.status === 'reconnecting')
  await worker.drain()
  expect(await fleet.leases.get(sessionId)).toMatchObject({ owner: null, settled: false, desired: 'RUNNING' })
})

test('a session that is taken over while S3 is away does not go on saying that it is connected; afterwards it tells and connects', async () => {
  const { logClient, setAway } = makeLeavingS3()
  const first = await fleet.startWorker({ isEndedByTest: true })
  const sessionId = await fleet.linkSession(first, '5511900009998')
  const second = await fleet.startWorker({ logClient, logLimits: { storageTimeoutMs: 300 } })
  setAway(true)
  first.abandon()
  const lease = await fleet.leases.get(sessionId)
  await fleet.assign(sessionId, second)
  const row = await until('it says so', async () => {
    const found = await fleet.sessions.get(sessionId)
    return found?.status === 'reconnecting' ? found : null
  })
  expect(row.reason).toMatchObject({ code: 'storage_unavailable', nextAction: 'wait', retryable: true })
  setAway(false)
  const told = await until('the next connection is told', async () => {
    const events = (await fleet.readEvents(sessionId)).filter(({ type }) => type.startsWith('session.'))
    return events.filter(({ type }) => type === 'session.connected').length > 1 ? events : null
  })
  expect(
    told
      .slice(-2)
      .map(({ type, data }) => [type, (data.session as { reason?: { code: string } } | undefined)?.reason?.code]),
  ).toEqual([
    ['session.disconnected', 'storage_unavailable'],
    ['session.connected', undefined],
  ])
  expect((await fleet.leases.get(sessionId))?.epoch).toBeGreaterThan(lease?.epoch ?? 0)
})

test('a session that is being linked while S3 goes away is still being linked afterwards: it shows another QR and links', async () => {
  const { logClient, setAway } = makeLeavingS3()
  let opened = 0
  const worker = await fleet.startWorker({
    logClient,
    logLimits: { storageTimeoutMs: 300 },
    openConnection: (options) => {
      opened++
      return openConnection(options)
    },
  })
  const phone = '5511900009997'
  await fleet.simulator.addPhone(phone, 'Shop')
  const sessionId = await fleet.createSession({ method: 'qr', requestedAt: Date.now() })
  await fleet.setDesired(sessionId, 'RUNNING')
  await fleet.assign(sessionId, worker)
  const first = await until('a QR', () => fleet.sessions.getLinkSight(sessionId, Date.now()))
  const { epoch = 0 } = (await fleet.leases.get(sessionId)) ?? {}
  setAway(true)
  // Asked for anew: what that begins with cannot be written.
  await fleet.sessions.requestLink(sessionId, { method: 'qr', requestedAt: Date.now() })
  await fleet.ring(worker.queueUrl, 'desired', sessionId)
  await until('the log is lost', async () => ((await fleet.leases.get(sessionId))?.epoch ?? 0) > epoch)
  const attempts = opened
  setAway(false)
  await until('another connection', () => opened > attempts, 60_000)
  const sight = await until('another QR', async () => {
    const shown = await fleet.sessions.getLinkSight(sessionId, Date.now())
    return shown?.qr && shown.qr !== first.qr ? shown : null
  })
  expect(await fleet.sessions.get(sessionId)).toMatchObject({ status: 'linking' })
  expect(await fleet.leases.get(sessionId)).toMatchObject({ desired: 'RUNNING' })
  await fleet.simulator.scan(phone, sight.qr ?? '')
  await fleet.untilStatus(sessionId, 'connected')
}, 90_000)
