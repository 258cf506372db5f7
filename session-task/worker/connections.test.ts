import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'
import { openConnection } from '../whatsapp/open-connection.ts'

let fleet: TestFleet
const CONTACT = '5511988887777'

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
})
afterAll(async () => {
  await fleet.stop()
})

test('an old connection is replaced, and nobody is told', async () => {
  let opened = 0
  const worker = await fleet.startWorker({
    connectionLifeMs: 200,
    openConnection: (options) => {
      opened++
      return openConnection(options)
    },
  })
  const sessionId = await fleet.linkSession(worker, '5511900004001')
  const before = opened
  await until('two more connections', () => opened >= before + 2)
  const sent = await fleet.accept(sessionId, CONTACT, 'over whatever connection there is')
  await fleet.untilMessage(sent.id, ['sent', 'delivered', 'read'])
  const told = (await fleet.readEvents(sessionId)).filter(({ type }) => type.startsWith('session.'))
  expect(told.map(({ type }) => type)).toEqual(['session.qr', 'session.linked', 'session.connected'])
  expect(await fleet.simulator.violations()).toEqual([])
})
