import { afterAll, beforeAll, expect, test } from 'vitest'
import { contactIdOf } from '../../shared/core/ids.ts'
import type { Address } from '../../shared/store/rows/message.ts'
import type { SessionRow } from '../../shared/store/rows/session.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'

let fleet: TestFleet
const ANA = '5511988887777'
const BIA = '5511977776666'

beforeAll(async () => {
  fleet = await startTestFleet()
  for (const phone of [ANA, BIA]) await fleet.simulator.addContact(phone, { name: phone })
})
afterAll(async () => {
  await fleet.stop()
})

const setPacing = async (sessionId: string, pacing: SessionRow['pacing']): Promise<void> => {
  await fleet.sessions.update(sessionId, { pacing })
  await fleet.ring((await fleet.leases.get(sessionId))?.queueUrl ?? null, 'desired', sessionId)
}

test('the same recipient waits its gap, others do not wait for it', async () => {
  const worker = await fleet.startWorker()
  const sessionId = await fleet.linkSession(worker, '5511900005001')
  await fleet.sessions.update(sessionId, { pacing: { policy: 'steady', quietHours: null } })
  await fleet.setDesired(sessionId, 'STOPPED')
  await fleet.released(sessionId)
  const first = await fleet.accept(sessionId, ANA, 'one')
  const second = await fleet.accept(sessionId, ANA, 'two')
  const other = await fleet.accept(sessionId, BIA, 'three')
  await fleet.setDesired(sessionId, 'RUNNING')
  await fleet.assign(sessionId, worker)
  const sent = await Promise.all([first, second, other].map(({ id }) => fleet.untilMessage(id, ['sent', 'delivered'])))
  const [one = 0, two = 0, three = 0] = sent.map(({ sentAt }) => sentAt ?? 0)
  // Times of the simulated server are whole seconds.
  expect(two - one).toBeGreaterThanOrEqual(0)
  const order = (await fleet.simulator.wire('5511900005001')).filter(
    ({ direction, tag }) => direction === 'in' && tag === 'message',
  )
  const position = (id: string) => order.findIndex(({ attrs }) => attrs.id === id)
  expect(position(other.whatsappId)).toBeLessThan(position(second.whatsappId))
  expect(three).toBeLessThanOrEqual(two)
})

test('quiet hours hold messages, say until when, and let go as soon as the tenant changes them', async () => {
  const worker = await fleet.startWorker()
  const sessionId = await fleet.linkSession(worker, '5511900005002')
  const minute = Math.floor((Date.now() % 86_400_000) / 60_000)
  const clock = (at: number) => new Date((((at % 1_440) + 1_440) % 1_440) * 60_000).toISOString().slice(11, 16)
  await setPacing(sessionId, {
    policy: 'human',
    quietHours: { from: clock(minute - 60), to: clock(minute + 60), timeZone: 'UTC' },
  })
  await fleet.ring(worker.queueUrl, 'desired', sessionId)
  const waiting = await until('a held message', async () => {
    const message = await fleet.accept(sessionId, ANA, 'good night')
    const row = await until('held or gone', async () => {
      const found = await fleet.messages.get(message.id)
      return found && (found.delayedUntil !== null || found.status !== 'queued') ? found : null
    })
    // The worker may have read the setting a moment later than the message.
    return row.delayedUntil === null ? null : row
  })
  expect(waiting.status).toBe('queued')
  expect((waiting.delayedUntil ?? 0) - Date.now()).toBeGreaterThan(58 * 60_000)
  expect((waiting.delayedUntil ?? 0) - Date.now()).toBeLessThanOrEqual(60 * 60_000)
  await setPacing(sessionId, { policy: 'none', quietHours: null })
  await fleet.untilMessage(waiting.id, ['sent', 'delivered'])
})

const receivedOf = (sessionId: string, count: number) =>
  until(`${count} messages`, async () => {
    const received = (await fleet.readEvents(sessionId)).filter(({ type }) => type === 'message.received')
    return received.length === count ? received.map(({ data }) => data.message?.from as Address) : null
  })
const mergesOf = async (sessionId: string) =>
  (await fleet.readEvents(sessionId)).filter(({ type }) => type === 'contact.merged').map(({ data }) => data)

test('a person known by LID and by number becomes one contact, told once, also when its owner died before', async () => {
  const worker = await fleet.startWorker()
  const elsewhere = await fleet.linkSession(worker, '5511900005003')
  await fleet.simulator.contactSends(ANA, '5511900005003', 'hello')
  const [ana] = await receivedOf(elsewhere, 1)
  if (!ana?.lid) throw new Error('no LID')
  expect(ana).toMatchObject({ phone: `+${ANA}`, contactId: contactIdOf(elsewhere, `${ANA}@s.whatsapp.net`) })

  const phone = '5511900005004'
  const sessionId = await fleet.linkSession(worker, phone)
  const byLid = await fleet.contacts(sessionId).meet({ phone: null, lid: ana.lid }, 1)
  const byNumber = await fleet.contacts(sessionId).meet({ phone: `+${ANA}`, lid: null }, 2)
  await fleet.simulator.contactSends(ANA, phone, 'hello again')
  const [from] = await receivedOf(sessionId, 1)
  expect(from).toMatchObject({ phone: `+${ANA}`, lid: ana.lid, contactId: byLid.contactId })
  const told = {
    contact: { contactId: byLid.contactId, phone: `+${ANA}`, lid: ana.lid },
    mergedContactId: byNumber.contactId,
  }
  await until('the merge', async () => (await mergesOf(sessionId)).length === 1)
  expect(await mergesOf(sessionId)).toEqual([told])
  await until('nothing left to tell', async () => (await fleet.contacts(sessionId).listMerges(10)).length === 0)

  // A merge that an owner did not live to tell is told by the next open.
  const bia = await fleet.contacts(sessionId).meet({ phone: null, lid: '777@lid' }, 3)
  const other = await fleet.contacts(sessionId).meet({ phone: `+${BIA}`, lid: null }, 4)
  await fleet.contacts(sessionId).meet({ phone: `+${BIA}`, lid: '777@lid' }, 5)
  await fleet.setDesired(sessionId, 'STOPPED')
  await fleet.released(sessionId)
  await fleet.setDesired(sessionId, 'RUNNING')
  await fleet.assign(sessionId, worker)
  await until('the second merge', async () => (await mergesOf(sessionId)).length === 2)
  expect((await mergesOf(sessionId))[1]).toMatchObject({
    contact: { contactId: bia.contactId },
    mergedContactId: other.contactId,
  })
})
