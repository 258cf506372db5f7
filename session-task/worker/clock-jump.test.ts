import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { OpenDelays } from '../session/open-delays.ts'
import { WakeTimer } from '../session/wake-timer.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'
import { BoundedCache } from '../whatsapp/bounded-cache.ts'
import { openConnection } from '../whatsapp/open-connection.ts'

let fleet: TestFleet
const CONTACT = '5511988887777'
const HOUR_MS = 3_600_000
const realNow = Date.now

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
})
afterEach(() => vi.restoreAllMocks())
afterAll(() => fleet.stop())

const jumpTo = (offsetMs: number): void => {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + offsetMs)
}

test.each([
  ['a day ahead', 26 * HOUR_MS],
  ['a day back', -26 * HOUR_MS],
])(
  'the wall clock jumps %s: the session keeps its connection, its lease, and loses nothing',
  async (name, offset) => {
    let opened = 0
    const worker = await fleet.startWorker({
      openConnection: (options) => {
        opened++
        return openConnection(options)
      },
    })
    const phone = `55119000083${offset > 0 ? '01' : '02'}`
    const sessionId = await fleet.linkSession(worker, phone)
    const [before, lease] = [opened, await fleet.leases.get(sessionId)]
    const send = async (text: string) => {
      const row = await fleet.accept(sessionId, CONTACT, `${text} ${name}`)
      await fleet.untilMessage(row.id, ['sent', 'delivered', 'read'])
      await fleet.simulator.contactSends(CONTACT, phone, `${text} ${name}`)
      await until('what came in', async () =>
        (await fleet.readEvents(sessionId)).some(({ data }) => data.message?.text?.body === `${text} ${name}`),
      )
    }
    await send('before')
    jumpTo(offset)
    await worker.beat()
    await send('meanwhile')
    vi.restoreAllMocks()
    await worker.beat()
    await send('after')
    // A drop now reconnects after the first back-off, not after the jump.
    jumpTo(offset)
    await fleet.simulator.fault({ kind: 'drop', phone })
    await until('the next connection', () => opened === before + 1)
    vi.restoreAllMocks()
    await send('at last')
    expect(opened).toBe(before + 1)
    expect(await fleet.leases.get(sessionId)).toMatchObject({ owner: lease?.owner, epoch: lease?.epoch })
  },
  60_000,
)

test('delays, wake-ups and times to live are durations: setting the clock moves none of them', async () => {
  let isAwake = false
  const wake = new WakeTimer(() => {
    isAwake = true
  }, HOUR_MS)
  const delays = new OpenDelays({} as ConstructorParameters<typeof OpenDelays>[0], wake)
  const cache = new BoundedCache(10, HOUR_MS)
  const row = { v: 1, messageId: 'msg', notBefore: 0, expiresAt: 0, sk: '' } as const
  const isHeld = () => delays.candidates([row], 1, Date.now(), () => false).candidates.length === 0
  delays.delay('msg', 50)
  cache.set('a', 1)
  jumpTo(30 * HOUR_MS)
  expect([isHeld(), cache.get('a')]).toEqual([true, 1])
  jumpTo(-30 * HOUR_MS)
  expect(isHeld()).toBe(true)
  wake.wakeIn(10)
  await until('the delay is over', () => !isHeld())
  await until('it woke', () => isAwake)
  wake.stop()
})
