import { afterAll, beforeAll, expect, test } from 'vitest'
import { Endings } from '../../shared/store/endings.ts'
import { openTables } from '../../shared/store/tables.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'

let fleet: TestFleet
const CONTACT = '5511988887777'

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
})
afterAll(async () => {
  await fleet.stop()
})

const eventsOf = async (sessionId: string, messageId: string) =>
  (await fleet.readEvents(sessionId)).filter(({ data }) => data.message?.id === messageId).map(({ type }) => type)

test('a message that the sweeper ended has one event after the next open, which connects nothing', async () => {
  const worker = await fleet.startWorker()
  const sessionId = await fleet.linkSession(worker, '5511900003001')
  await fleet.setDesired(sessionId, 'STOPPED')
  await fleet.released(sessionId)
  const late = await fleet.accept(sessionId, CONTACT, 'too late')
  const endings = new Endings(openTables(), fleet.scope)
  const failure = { code: 'expired', message: 'too late', retryable: true }
  expect(await endings.end(late, { status: 'failed', failure, at: Date.now() }, null)).toBe(true)
  expect(await fleet.leases.unsettle(sessionId)).toBe(true)

  await fleet.assign(sessionId, worker)
  await fleet.released(sessionId)
  expect(await eventsOf(sessionId, late.id)).toEqual(['message.failed'])
  expect(await endings.list(sessionId, 10)).toEqual([])
  expect(await fleet.sessions.get(sessionId)).toMatchObject({ status: 'stopped' })

  // An owner that died after the record and before the row's end told it twice would be a second event.
  expect(await endings.end({ ...late, status: 'failed' }, { status: 'failed', failure, at: Date.now() }, null)).toBe(
    true,
  )
  await fleet.leases.unsettle(sessionId)
  await fleet.assign(sessionId, worker)
  await fleet.released(sessionId)
  expect(await eventsOf(sessionId, late.id)).toEqual(['message.failed'])
})

test('what waits when the phone is unlinked fails with that reason, before the session is free', async () => {
  const worker = await fleet.startWorker()
  const phone = '5511900003002'
  const sessionId = await fleet.linkSession(worker, phone)
  const waiting = await fleet.accept(sessionId, CONTACT, 'later', { status: 'scheduled' }, Date.now() + 3_600_000)
  await fleet.setDesired(sessionId, 'LOGGED_OUT')
  await fleet.released(sessionId)
  expect(await fleet.messages.get(waiting.id)).toMatchObject({
    status: 'failed',
    failure: { code: 'session_logged_out' },
  })
  expect(await eventsOf(sessionId, waiting.id)).toEqual(['message.failed'])
  expect((await fleet.messages.listOpen(sessionId, { limit: 10 })).rows).toEqual([])
})

test('a deleted session ends what waits, and leaves a tombstone and its fence behind', async () => {
  const worker = await fleet.startWorker()
  const sessionId = await fleet.linkSession(worker, '5511900003003')
  const waiting = await fleet.accept(sessionId, CONTACT, 'never', { status: 'scheduled' }, Date.now() + 3_600_000)
  await fleet.setDesired(sessionId, 'DELETED')
  await fleet.released(sessionId)
  expect(await fleet.messages.get(waiting.id)).toMatchObject({ status: 'failed', failure: { code: 'session_deleted' } })
  await until('its event', async () => (await eventsOf(sessionId, waiting.id)).length === 1)
  expect(await fleet.logObjects(sessionId)).toEqual([
    expect.stringMatching(/^head\//),
    expect.stringMatching(/^wal\/.*\/0*1$/),
  ])
})
