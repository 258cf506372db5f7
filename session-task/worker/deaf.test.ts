import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'
import { openConnection } from '../whatsapp/open-connection.ts'

let fleet: TestFleet
const CONTACT = '5511988887777'

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
})
afterAll(() => fleet.stop())

test('a connection that answers pings and no questions is replaced, and says why', async () => {
  let opened = 0
  const worker = await fleet.startWorker({
    openConnection: (options) => {
      opened++
      return openConnection({ ...options, canaryLimits: { intervalMs: 300, timeoutMs: 4_000, retryMs: 50 } })
    },
  })
  const phone = '5511900008401'
  const sessionId = await fleet.linkSession(worker, phone)
  const counts = async () => (await fleet.simulator.wire(phone)).filter(({ tag }) => tag === 'iq').length
  const before = await counts()
  await until('some canaries', async () => (await counts()) > before + 6)
  expect(opened).toBe(2)

  // Two are enough. Any more could be what the next connection asks when it opens.
  await fleet.simulator.fault({ kind: 'swallowQueries', phone, xmlns: 'encrypt', count: 2 })
  await until('another connection', () => opened > 2)
  const sent = await fleet.accept(sessionId, CONTACT, 'over a connection that hears')
  await fleet.untilMessage(sent.id, ['sent', 'delivered', 'read'])
  const reasons = (await fleet.readEvents(sessionId))
    .filter(({ type }) => type === 'session.disconnected')
    .map(({ data }) => (data.session as { reason?: { code: string } }).reason?.code)
  expect(reasons[0]).toBe('connection_deaf')
})
