import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { startTestFleet, type TestFleet } from '../testing/test-fleet.ts'

const ANA = '5511988887777'
const MINUTE = 60_000
let fleet: TestFleet

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(ANA, { name: 'Ana' })
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})
afterAll(() => fleet.stop())

/** What is counted from here on. */
const countUnrung = (): (() => number) => {
  vi.stubEnv('METRICS', 'on')
  const counts: number[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    const text = String(line)
    if (text.includes('"message_unrung_count":')) counts.push(JSON.parse(text).message_unrung_count)
    return true
  })
  return () => counts.reduce((sum, count) => sum + count, 0)
}

test('messages that nobody rang for are found by the worker itself, and counted; those that were rung for are not', async () => {
  const worker = await fleet.startWorker({ outboxSweepMs: 300 })
  const sessionId = await fleet.linkSession(worker, '5511900008801')
  const unrung = countUnrung()
  const long = Date.now() - MINUTE
  const rung = await fleet.accept(sessionId, ANA, 'rung')
  await fleet.untilMessage(rung.id, ['sent', 'delivered', 'read'])
  const young = await fleet.accept(sessionId, ANA, 'the ring may still come', {}, Date.now(), false)
  await fleet.untilMessage(young.id, ['sent', 'delivered', 'read'])
  expect(unrung()).toBe(0)
  const lost = await fleet.accept(sessionId, ANA, 'the ring was lost', {}, long, false)
  await fleet.untilMessage(lost.id, ['sent', 'delivered', 'read'])
  expect(unrung()).toBe(1)
})

test('what waited for a worker is not counted: no ring could have helped', async () => {
  const worker = await fleet.startWorker({ outboxSweepMs: 300 })
  const sessionId = await fleet.linkSession(worker, '5511900008802')
  const next = await fleet.startWorker({ outboxSweepMs: 300 })
  await fleet.setDesired(sessionId, 'STOPPED')
  await fleet.released(sessionId)
  const waiting = await fleet.accept(sessionId, ANA, 'nobody is there', {}, Date.now() - MINUTE, false)
  const unrung = countUnrung()
  await fleet.setDesired(sessionId, 'RUNNING')
  await fleet.assign(sessionId, next)
  await fleet.untilMessage(waiting.id, ['sent', 'delivered', 'read'])
  expect(unrung()).toBe(0)
})
