import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SessionLog } from '../auth-log/session-log.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'
import { openConnection } from '../whatsapp/open-connection.ts'

let fleet: TestFleet
const CONTACT = '5511988887777'
const GROWTH_BYTES = 60_000
const FLOOD = 600

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
})
afterAll(() => fleet.stop())

test('a session above its memory budget is opened anew once, says why and loses nothing; its neighbour is left alone', async () => {
  const opened = new Map<string, SessionLog[]>()
  const memory = { budgetBytes: Number.POSITIVE_INFINITY, checkMs: 100 }
  const worker = await fleet.startWorker({
    memory,
    ackTimeoutMs: 30_000,
    openConnection: (options) => {
      opened.set(options.log.sessionId, [...(opened.get(options.log.sessionId) ?? []), options.log])
      return openConnection(options)
    },
  })
  const phone = '5511900008601'
  const sessionId = await fleet.linkSession(worker, phone)
  const neighbour = await fleet.linkSession(worker, '5511900008602')
  const bytesOf = (id: string) => opened.get(id)?.at(-1)?.state.approximateBytes() ?? 0
  const before = opened.get(neighbour)?.length
  const logs = () => new Set(opened.get(sessionId)).size
  expect(logs()).toBe(1)
  memory.budgetBytes = Math.max(bytesOf(sessionId), bytesOf(neighbour)) + GROWTH_BYTES

  await fleet.simulator.contactFloods(CONTACT, phone, 'more', FLOOD)
  await until('it is opened anew', () => logs() === 2, 60_000)
  await fleet.untilStatus(sessionId, 'connected')
  const texts = await until(
    'every message',
    async () => {
      const received = (await fleet.readAllEvents(sessionId)).filter(({ type }) => type === 'message.received')
      return received.length >= FLOOD ? received : null
    },
    60_000,
  )
  expect(texts).toHaveLength(FLOOD)
  const told = (await fleet.readAllEvents(sessionId)).filter(({ type }) => type === 'session.disconnected')
  expect(told.map(({ data }) => (data.session as { reason?: { code: string } }).reason?.code)).toEqual([
    'memory_budget',
  ])
  // It is still above, since its log is: recycling it over and over would help nobody.
  expect(bytesOf(sessionId)).toBeGreaterThan(memory.budgetBytes)
  const sent = await fleet.accept(sessionId, CONTACT, 'still here')
  await fleet.untilMessage(sent.id, ['sent', 'delivered', 'read'])
  expect(logs()).toBe(2)
  expect(opened.get(neighbour)).toHaveLength(before ?? 0)
}, 120_000)
