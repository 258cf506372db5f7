import { afterAll, beforeAll, expect, test } from 'vitest'
import { typingMsOf } from '../../shared/core/typing-time.ts'
import { startTestFleet, type TestFleet } from '../testing/test-fleet.ts'

let fleet: TestFleet
const ANA = '5511988887777'
const OWN = '5511900009501'

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(ANA, { name: 'Ana' })
})
afterAll(() => fleet.stop())

test('a session that is set to show typing types before a text, as long as it says; others do not', async () => {
  const worker = await fleet.startWorker()
  const sessionId = await fleet.linkSession(worker, OWN)
  const frames = async () =>
    (await fleet.simulator.wire(OWN)).filter(
      ({ direction, tag }) => direction === 'in' && (tag === 'chatstate' || tag === 'message'),
    )
  const plain = await fleet.accept(sessionId, ANA, 'without')
  await fleet.untilMessage(plain.id, ['sent', 'delivered'])
  expect((await frames()).map(({ tag }) => tag)).toEqual(['message'])

  await fleet.sessions.update(sessionId, { pacing: { policy: 'none', quietHours: null, typing: true } })
  await fleet.setDesired(sessionId, 'STOPPED')
  await fleet.released(sessionId)
  await fleet.setDesired(sessionId, 'RUNNING')
  await fleet.assign(sessionId, worker)
  const typed = await fleet.accept(sessionId, ANA, 'with typing')
  await fleet.untilMessage(typed.id, ['sent', 'delivered'])
  const [typing, message] = (await frames()).slice(-2)
  expect([typing?.tag, message?.attrs.id]).toEqual(['chatstate', typed.whatsappId])
  const seen = (await fleet.simulator.control('GET', `contacts/${ANA}/presence`)).data
  expect(seen.map(({ state }: { state: string }) => state)).toEqual(['composing'])
  const waited = Date.parse(message?.at ?? '') - Date.parse(typing?.at ?? '')
  expect(waited).toBeGreaterThanOrEqual(typingMsOf('with typing'.length, typed.id) - 20)
})
