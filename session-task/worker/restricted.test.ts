import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'
import type { ConnectionEvents } from '../whatsapp/connection.ts'
import { openConnection } from '../whatsapp/open-connection.ts'

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
  let events: ConnectionEvents | null = null
  let asked = 0
  const worker = await fleet.startWorker({
    openConnection: (options) => {
      events = options.events
      const connection = openConnection(options)
      // What the simulated server does not know; the answer comes from the test.
      return new Proxy(connection, {
        get: (target, name) =>
          name === 'readNewChatLimits'
            ? async () => {
                asked++
              }
            : Reflect.get(target, name),
      })
    },
  })
  const phone = '5511900006001'
  const sessionId = await fleet.linkSession(worker, phone)
  const hello = await fleet.accept(sessionId, FRIEND, 'hello')
  await fleet.untilMessage(hello.id, ['sent', 'delivered'])

  await fleet.simulator.fault({ kind: 'nack', phone, code: 463 })
  const refused = await fleet.accept(sessionId, STRANGERS[0] ?? '', 'who are you')
  expect(await fleet.untilMessage(refused.id, ['failed'])).toMatchObject({
    failure: { code: 'new_chat_restricted', retryable: true },
  })
  expect(asked).toBe(1)
  const restricted = await until('the restriction', async () => (await fleet.sessions.get(sessionId))?.restriction)
  expect(restricted).toMatchObject({ code: 'new_chats_refused' })
  expect((await fleet.sessions.get(sessionId))?.status).toBe('connected')

  const held = await fleet.accept(sessionId, STRANGERS[1] ?? '', 'and you')
  const again = await fleet.accept(sessionId, FRIEND, 'still there')
  await fleet.untilMessage(again.id, ['sent', 'delivered'])
  const waiting = await until('held', async () => {
    const row = await fleet.messages.get(held.id)
    return row?.delayedUntil ? row : null
  })
  expect(waiting).toMatchObject({ status: 'queued', delayedUntil: restricted.until, attempts: 0 })

  const until20 = Date.now() + 20 * 60_000
  const tell = (isActive: boolean) =>
    (events as unknown as ConnectionEvents).onNewChatLimit?.({
      code: 'reachout_timelock',
      isActive,
      until: isActive ? until20 : null,
    })
  tell(true)
  await until(
    'the end that WhatsApp named',
    async () => (await fleet.sessions.get(sessionId))?.restriction?.until === until20,
  )
  await until('the message knows', async () => (await fleet.messages.get(held.id))?.delayedUntil === until20)
  tell(false)
  await fleet.untilMessage(held.id, ['sent', 'delivered'])
  await until('no restriction', async () => (await fleet.sessions.get(sessionId))?.restriction === null)
  const told = (await fleet.readEvents(sessionId)).map(({ type }) => type).filter((type) => type.includes('restricted'))
  expect(told).toEqual(['session.restricted', 'session.restricted', 'session.unrestricted'])
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
