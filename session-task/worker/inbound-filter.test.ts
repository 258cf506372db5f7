import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SessionRow } from '../../shared/store/rows/session.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'

let fleet: TestFleet
let worker: Awaited<ReturnType<TestFleet['startWorker']>>
const ANA = '5511988887777'

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(ANA, { name: 'Ana' })
  worker = await fleet.startWorker()
})
afterAll(async () => {
  await fleet.stop()
})

const says = async (to: string, text: string, more: Record<string, unknown> = {}): Promise<string> =>
  (await fleet.simulator.control('POST', `contacts/${ANA}/send`, { to, text, ...more })).whatsappId
const bodies = async (sessionId: string): Promise<unknown[]> =>
  (await fleet.readEvents(sessionId)).flatMap(({ data }) => data.message?.text?.body ?? [])
const received = (sessionId: string, text: string) =>
  until(`"${text}" is received`, async () => (await bodies(sessionId)).includes(text))
/** Nothing waits at the server: all that came was acked. */
const acked = (what: string) =>
  until(what, async () => (await fleet.simulator.control('GET', 'state')).queuedForDevices === 0)

/** What PATCH does; the setting is read a moment after the ring. */
const setIgnored = async (sessionId: string, ignore: NonNullable<SessionRow['inbound']>['ignore']): Promise<void> => {
  await fleet.sessions.update(sessionId, { inbound: { ignore } })
  await fleet.ring(worker.queueUrl, 'desired', sessionId)
}

test('what is ignored is acked and makes nothing; its ratchets go on, and it makes nothing later either', async () => {
  const phone = '5511900008101'
  const sessionId = await fleet.linkSession(worker, phone)
  const members = { creator: ANA, subject: 'Loud', participants: [phone] }
  const group: string = (await fleet.simulator.control('POST', 'groups', members)).jid
  const posts = (text: string, more = {}) => says('status', text, { audience: [phone], ...more })
  await says(group, 'group before')
  await received(sessionId, 'group before')

  await setIgnored(sessionId, ['groups', 'statuses'])
  let round = 0
  await until('the setting holds', async () => {
    const text = `is it read ${++round}`
    await says(group, text)
    await says(phone, `after ${text}`)
    await received(sessionId, `after ${text}`)
    return !(await bodies(sessionId)).includes(text)
  })
  const ids = [await says(group, 'ignored in the group'), await posts('ignored status')]
  await says(phone, 'to you alone')
  await received(sessionId, 'to you alone')
  await acked('ignored messages are acked')
  const before = await bodies(sessionId)
  expect(before.filter((text) => String(text).startsWith('ignored'))).toEqual([])

  // Sent again, encrypted anew: while the setting holds, and after it was taken back.
  await says(group, 'ignored in the group', { id: ids[0] })
  await setIgnored(sessionId, [])
  await until('the setting is gone', async () => {
    const text = `is it gone ${++round}`
    await says(group, text)
    await says(phone, `after ${text}`)
    await received(sessionId, `after ${text}`)
    return (await bodies(sessionId)).includes(text)
  })
  await says(group, 'ignored in the group', { id: ids[0] })
  await posts('ignored status', { id: ids[1] })
  // The same chains, decrypted: the sender key of the group and that of the statuses.
  await says(group, 'group after')
  await posts('status after')
  await received(sessionId, 'group after')
  await received(sessionId, 'status after')
  await acked('all is acked')
  const all = await bodies(sessionId)
  expect(all.filter((text) => String(text).startsWith('ignored'))).toEqual([])
  const events = await fleet.readEvents(sessionId)
  expect(events.filter(({ type }) => type === 'message.undecryptable')).toEqual([])
})
