import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeDocumentClient } from '../../shared/store/table.ts'
import { openTables } from '../../shared/store/tables.ts'
import { keepSending, receivedBy, retryReceiptsOf, startTwo } from '../testing/flood.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'

let fleet: TestFleet
const FLOODER = '5511988887771'
const FRIEND = '5511988887772'
const FLOOD = 600
const GARBAGE = 600
const ASKED_PER_SENDER = 200
const NEIGHBOUR_MS = 5_000

beforeAll(async () => {
  fleet = await startTestFleet()
  for (const phone of [FLOODER, FRIEND]) await fleet.simulator.addContact(phone, { name: phone })
})
afterAll(() => fleet.stop())

test(`a contact that sends ${FLOOD} messages at once: each is one event, what is held has a bound, a neighbour goes on`, async () => {
  const phones = ['5511900008501', '5511900008502'] as const
  const { flooded, neighbour, most, stop } = await startTwo(fleet, phones)
  const opened = most.opened
  const endSending = keepSending(fleet, neighbour, FRIEND)
  await fleet.simulator.contactFloods(FLOODER, phones[0], 'flood', FLOOD)
  const texts = await until(
    'all of the flood',
    async () => {
      const received = await receivedBy(fleet, flooded)
      return received.length >= FLOOD ? received : null
    },
    100_000,
  )
  const latencies = await endSending()
  stop()
  expect(new Set(texts).size).toBe(FLOOD)
  expect(texts).toHaveLength(FLOOD)
  expect(most.undone).toBeLessThanOrEqual(5_000)
  expect(most.opened).toBe(opened)
  expect(latencies.length).toBeGreaterThan(2)
  expect(latencies[Math.floor(latencies.length / 2)]).toBeLessThan(NEIGHBOUR_MS)
  expect(await fleet.simulator.violations()).toEqual([])
}, 120_000)

test('rows that cannot keep up close the intake before memory does: WhatsApp keeps the rest, nothing is lost or told twice', async () => {
  const client = makeDocumentClient()
  client.middlewareStack.add(
    (next) => async (args) => {
      // Rows of events are written as fast as they come nowhere near this: a table under throttling.
      const pk = JSON.stringify(args.input)
      if (pk.includes('#EV')) await new Promise((resolve) => setTimeout(resolve, 300))
      return next(args)
    },
    { step: 'initialize', priority: 'high' },
  )
  const limit = { records: 80, bytes: 1_000_000 }
  const phones = ['5511900008503', '5511900008504'] as const
  const { flooded, most, stop } = await startTwo(fleet, phones, { tables: openTables(client), undoneLimit: limit })
  const opened = most.opened
  await fleet.simulator.contactFloods(FLOODER, phones[0], 'slow', 250)
  const texts = await until(
    'all of the flood',
    async () => {
      const received = await receivedBy(fleet, flooded)
      return received.length >= 250 ? received : null
    },
    100_000,
  )
  stop()
  expect(texts.toSorted()).toEqual(Array.from({ length: 250 }, (_, index) => `slow ${index + 1}`).toSorted())
  // The one that was being decrypted, and what the session itself had to say.
  expect(most.undone).toBeLessThan(limit.records + 10)
  expect(most.opened).toBeGreaterThan(opened)
  expect(most.opened).toBeLessThan(opened + 20)
  const reasons = (await fleet.readAllEvents(flooded)).filter(({ type }) => type === 'session.disconnected')
  expect(reasons[0]?.data).toMatchObject({ session: { reason: { code: 'backpressure' } } })
}, 120_000)

test('a contact that floods with garbage fills no memory, and a neighbour goes on', async () => {
  const phones = ['5511900008505', '5511900008506'] as const
  const { flooded, neighbour, most, stop } = await startTwo(fleet, phones)
  const endSending = keepSending(fleet, neighbour, FRIEND)
  for (let sent = 0; sent < GARBAGE; sent += 20)
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        fleet.simulator.contactSendsGarbage(FLOODER, phones[0], index % 2 ? 'msg' : 'pkmsg'),
      ),
    )
  await until('all were heard', () => most.undecrypted >= GARBAGE, 90_000)
  await fleet.simulator.contactSends(FRIEND, phones[0], 'a real one behind it')
  await until('it is heard', async () => (await receivedBy(fleet, flooded)).includes('a real one behind it'), 60_000)
  const latencies = await endSending()
  stop()
  expect(most.undecrypted).toBe(GARBAGE)
  // Its sender is asked for some of it, not for all.
  expect(await retryReceiptsOf(fleet, phones[0])).toBe(ASKED_PER_SENDER)
  expect(latencies[Math.floor(latencies.length / 2)]).toBeLessThan(NEIGHBOUR_MS)
}, 120_000)
