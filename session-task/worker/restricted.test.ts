import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'

let fleet: TestFleet
const FRIEND = '5511988887771'
const STRANGERS = ['5511988887772', '5511988887773', '5511988887774']

beforeAll(async () => {
  fleet = await startTestFleet()
  for (const phone of [FRIEND, ...STRANGERS]) await fleet.simulator.addContact(phone, { name: phone })
})
afterAll(async () => {
  await fleet.stop()
})

test('a refused new chat holds new chats back, not the ones that exist, until WhatsApp allows them', async () => {
  const worker = await fleet.startWorker()
  const phone = '5511900006001'
  const sessionId = await fleet.linkSession(worker, phone)
  const hello = await fleet.accept(sessionId, FRIEND, 'hello')
  await fleet.untilMessage(hello.id, ['sent', 'delivered'])

  // WhatsApp says nothing by itself: the refusal makes the worker ask, and the answer has the end.
  await fleet.simulator.timeLock(phone, { active: true, endsInSeconds: 1_200, announce: false })
  const lockedAt = Date.now()
  const refused = await fleet.accept(sessionId, STRANGERS[0] ?? '', 'who are you')
  expect(await fleet.untilMessage(refused.id, ['failed'])).toMatchObject({
    failure: { code: 'new_chat_restricted', retryable: true },
  })
  const restriction = await until('the end that WhatsApp named', async () => {
    const row = await fleet.sessions.get(sessionId)
    return row?.restriction?.code === 'reachout_timelock' ? row.restriction : null
  })
  expect(Math.abs(restriction.until - lockedAt - 1_200_000)).toBeLessThan(10_000)
  expect((await fleet.sessions.get(sessionId))?.status).toBe('connected')

  const held = await fleet.accept(sessionId, STRANGERS[1] ?? '', 'and you')
  const again = await fleet.accept(sessionId, FRIEND, 'still there')
  await fleet.untilMessage(again.id, ['sent', 'delivered'])
  const waiting = await until('held', async () => {
    const row = await fleet.messages.get(held.id)
    return row?.delayedUntil ? row : null
  })
  expect(waiting).toMatchObject({ status: 'queued', delayedUntil: restriction.until, attempts: 0 })
  expect(await fleet.simulator.inbox(STRANGERS[1] ?? '')).toEqual([])

  // Now it speaks by itself.
  await fleet.simulator.timeLock(phone, { active: true, endsInSeconds: 2_400 })
  await until('a later end', async () => (await fleet.messages.get(held.id))?.delayedUntil !== restriction.until)
  await fleet.simulator.timeLock(phone, { active: false })
  await fleet.untilMessage(held.id, ['sent', 'delivered'])
  await until('no restriction', async () => (await fleet.sessions.get(sessionId))?.restriction === null)
  const told = (await fleet.readEvents(sessionId)).map(({ type }) => type).filter((type) => type.includes('restricted'))
  expect(told.at(-1)).toBe('session.unrestricted')
  expect(told.slice(0, -1)).toEqual(told.slice(0, -1).map(() => 'session.restricted'))
  expect(await fleet.simulator.violations()).toEqual([])
})

test('an account at its cap of new chats holds strangers back and is told by which limit', async () => {
  const worker = await fleet.startWorker()
  const phone = '5511900006003'
  const sessionId = await fleet.linkSession(worker, phone)
  await fleet.simulator.newChatCap(phone, { total: 5, used: 5, status: 'CAPPED' })
  await until(
    'the cap is known',
    async () => (await fleet.sessions.get(sessionId))?.restriction?.code === 'new_chat_cap',
  )
  const held = await fleet.accept(sessionId, STRANGERS[0] ?? '', 'one too many')
  await until('held', async () => (await fleet.messages.get(held.id))?.delayedUntil)
  await fleet.simulator.newChatCap(phone, { total: 10, used: 5, status: 'NONE' })
  await fleet.untilMessage(held.id, ['sent', 'delivered'])
  expect((await fleet.messages.get(held.id))?.attempts).toBe(1)
})

test('a refusal in an existing chat fails that message only: its token is missing', async () => {
  const worker = await fleet.startWorker()
  const phone = '5511900006002'
  const sessionId = await fleet.linkSession(worker, phone)
  await fleet.simulator.contactSends(FRIEND, phone, 'write me')
  await until('the message', async () =>
    (await fleet.readEvents(sessionId)).some(({ type }) => type === 'message.received'),
  )
  await fleet.simulator.fault({ kind: 'nack', phone, code: 463 })
  const refused = await fleet.accept(sessionId, FRIEND, 'I do')
  expect(await fleet.untilMessage(refused.id, ['failed'])).toMatchObject({
    failure: { code: 'privacy_token_missing', retryable: true },
  })
  expect((await fleet.sessions.get(sessionId))?.restriction ?? null).toBeNull()
  const next = await fleet.accept(sessionId, STRANGERS[2] ?? '', 'hello')
  await fleet.untilMessage(next.id, ['sent', 'delivered'])
})
