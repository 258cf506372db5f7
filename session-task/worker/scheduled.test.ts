import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'

let fleet: TestFleet
const CONTACT = '5511988887777'
const ARRIVED = ['sent', 'delivered', 'read']

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
})
afterAll(async () => {
  await fleet.stop()
})

const scheduled = (sessionId: string, body: string, sendAt: number) =>
  fleet.accept(sessionId, CONTACT, body, { status: 'scheduled', sendAt, expiresAt: sendAt + 3_600_000 }, sendAt)
const inboxOf = async (bodies: readonly string[]) =>
  (await fleet.simulator.inbox(CONTACT)).filter(({ text }) => text !== null && bodies.includes(text))

test('a scheduled message leaves at its time, not before, and holds back nothing of its chat', async () => {
  const worker = await fleet.startWorker()
  const phone = '5511900004001'
  const sessionId = await fleet.linkSession(worker, phone)
  const sendAt = Date.now() + 5_000
  const later = await scheduled(sessionId, `${phone} later`, sendAt)
  const now = await fleet.accept(sessionId, CONTACT, `${phone} now`)
  await fleet.untilMessage(now.id, ARRIVED)
  expect((await fleet.messages.get(later.id))?.status).toBe('scheduled')
  const row = await fleet.untilMessage(later.id, ARRIVED)
  expect(row.sentAt).toBeGreaterThanOrEqual(sendAt)
  expect((await inboxOf([`${phone} later`, `${phone} now`])).map(({ text }) => text)).toEqual([
    `${phone} now`,
    `${phone} later`,
  ])
})

test('what is scheduled survives the death of its worker: nothing early, nothing twice, nothing lost', async () => {
  const first = await fleet.startWorker()
  const second = await fleet.startWorker()
  const phone = '5511900004002'
  const sessionId = await fleet.linkSession(first, phone)
  const bodies = Array.from({ length: 20 }, (_, index) => `${phone} at ${index}`)
  const soon = Date.now() + 500
  const rows = await Promise.all(
    bodies.slice(0, 10).map((body, index) => scheduled(sessionId, body, soon + index * 50)),
  )
  await until('some left', async () => (await inboxOf(bodies)).length >= 3)
  const later = Date.now() + 6_000
  rows.push(
    ...(await Promise.all(bodies.slice(10).map((body, index) => scheduled(sessionId, body, later + index * 50)))),
  )
  first.abandon()
  const states = await Promise.all(rows.map(({ id }) => fleet.messages.get(id)))
  // The race point: some had left, some were not due.
  expect(states.filter((row) => row?.status === 'scheduled').length).toBeGreaterThan(0)
  await fleet.assign(sessionId, second)
  for (const { id, sendAt } of rows) {
    const row = await fleet.untilMessage(id, ARRIVED)
    expect(row.sentAt).toBeGreaterThanOrEqual(sendAt ?? 0)
  }
  const inbox = await inboxOf(bodies)
  expect([...new Set(inbox.map(({ text }) => text))].sort()).toEqual([...bodies].sort())
  expect(new Set(inbox.map(({ whatsappId }) => whatsappId)).size).toBe(rows.length)
})

test('a message that is canceled while the worker waits for its time never leaves', async () => {
  const worker = await fleet.startWorker()
  const phone = '5511900004003'
  const sessionId = await fleet.linkSession(worker, phone)
  const sendAt = Date.now() + 5_000
  const canceled = await scheduled(sessionId, `${phone} never`, sendAt)
  const after = await scheduled(sessionId, `${phone} after`, sendAt + 1)
  const event = { table: fleet.tables.messages.name, put: { pk: `event#${canceled.id}`, sk: 'META' } }
  expect((await fleet.messages.cancel(canceled.id, Date.now(), async () => event)).isWritten).toBe(true)
  await fleet.untilMessage(after.id, ARRIVED)
  expect(await inboxOf([`${phone} never`])).toEqual([])
  expect((await fleet.messages.get(canceled.id))?.status).toBe('canceled')
})

test('a message that the pace holds back beyond its end is ended in time, by a connected worker', async () => {
  const worker = await fleet.startWorker()
  const phone = '5511900004004'
  const sessionId = await fleet.linkSession(worker, phone)
  const minute = Math.floor((Date.now() % 86_400_000) / 60_000)
  const clock = (at: number) => new Date((((at % 1_440) + 1_440) % 1_440) * 60_000).toISOString().slice(11, 16)
  const quietHours = { from: clock(minute - 60), to: clock(minute + 60), timeZone: 'UTC' }
  await fleet.sessions.update(sessionId, { pacing: { policy: 'human', quietHours } })
  await fleet.ring(worker.queueUrl, 'desired', sessionId)
  // The worker may read the setting a moment later than the message.
  const held = await until('a held message', async () => {
    const { id } = await fleet.accept(sessionId, CONTACT, `${phone} held`)
    return until('held or gone', async () => {
      const row = await fleet.messages.get(id)
      return row && (row.delayedUntil !== null || row.status !== 'queued') ? row : null
    }).then((row) => (row.delayedUntil === null ? null : row))
  })
  const late = await fleet.accept(sessionId, CONTACT, `${phone} late`, { expiresAt: Date.now() + 800 })
  expect(await fleet.untilMessage(late.id, ['failed'])).toMatchObject({ failure: { code: 'expired' } })
  expect(await inboxOf([`${phone} late`])).toEqual([])
  expect((await fleet.messages.get(held.id))?.status).toBe('queued')
})
