import { afterAll, beforeAll, expect, test } from 'vitest'
import { keepSending, receivedBy, retryReceiptsOf, startTwo } from '../testing/flood.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'

let fleet: TestFleet
const FLOODER = '5511988887771'
const FRIEND = '5511988887772'
const FLOOD = 10_000
const UNDONE_MAX = 5_000
/** what is still waited for is kept, the oldest make room */
const UNDECRYPTED_MAX = 1_000
const ASKED_PER_SENDER = 200

beforeAll(async () => {
  fleet = await startTestFleet()
  for (const phone of [FLOODER, FRIEND]) await fleet.simulator.addContact(phone, { name: phone })
})
afterAll(() => fleet.stop())

const say = (what: string, startedAt: number, latencies: readonly number[]) =>
  process.stdout.write(
    `${what}: ${Math.round((performance.now() - startedAt) / 1_000)} s, ${Math.round(process.memoryUsage.rss() / 1e6)} MB; the neighbour sent ${latencies.length}, p50 ${Math.round(latencies[Math.floor(latencies.length / 2)] ?? 0)} ms\n`,
  )

test(`${FLOOD} messages at once from one contact: each is one event, a neighbour goes on`, async () => {
  const phones = ['5511900008511', '5511900008512'] as const
  const { flooded, neighbour, most, stop } = await startTwo(fleet, phones)
  const endSending = keepSending(fleet, neighbour, FRIEND)
  const startedAt = performance.now()
  for (let sent = 0; sent < FLOOD; sent += 1_000)
    await fleet.simulator.contactFloods(FLOODER, phones[0], `flood ${sent}`, 1_000)
  let texts: readonly unknown[] = []
  await until(
    'all of the flood',
    async () => {
      // Reading all of them at each look would be a second flood.
      if (!(await fleet.events.readSession(flooded, { afterSequence: FLOOD, limit: 1 })).rows.length) return false
      texts = await receivedBy(fleet, flooded)
      return texts.length >= FLOOD
    },
    1_200_000,
  )
  const latencies = await endSending()
  stop()
  say('texts', startedAt, latencies)
  expect(texts).toHaveLength(FLOOD)
  expect(new Set(texts).size).toBe(FLOOD)
  expect(most.undone).toBeLessThanOrEqual(UNDONE_MAX + 32)
  expect(latencies.length).toBeGreaterThan(2)
  expect(await fleet.simulator.violations()).toEqual([])
}, 1_500_000)

test(`${FLOOD} messages of garbage from one contact: bounded, a real one behind them is heard, a neighbour goes on`, async () => {
  const phones = ['5511900008513', '5511900008514'] as const
  const { flooded, neighbour, most, stop } = await startTwo(fleet, phones)
  const endSending = keepSending(fleet, neighbour, FRIEND)
  const startedAt = performance.now()
  for (let sent = 0; sent < FLOOD; sent += 20)
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        fleet.simulator.contactSendsGarbage(FLOODER, phones[0], index % 2 ? 'msg' : 'pkmsg'),
      ),
    )
  await fleet.simulator.contactSends(FRIEND, phones[0], 'a real one behind it')
  await until('it is heard', async () => (await receivedBy(fleet, flooded)).includes('a real one behind it'), 600_000)
  const latencies = await endSending()
  stop()
  say('garbage', startedAt, latencies)
  expect(most.undecrypted).toBe(UNDECRYPTED_MAX)
  expect(await retryReceiptsOf(fleet, phones[0])).toBe(ASKED_PER_SENDER)
  expect(latencies.length).toBeGreaterThan(2)
}, 900_000)
