import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MessageRow } from '../../shared/store/rows/message.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'

/** What leaves for a chat follows the timer that people set there: read in what the simulated contact decrypted. */
let fleet: TestFleet
const ANA = '5511988887777'
const BIA = '5511977776666'
const DAY = 86_400
const WEEK = 7 * DAY

beforeAll(async () => {
  fleet = await startTestFleet()
  for (const phone of [ANA, BIA]) await fleet.simulator.addContact(phone, { name: phone })
})
afterAll(async () => {
  await fleet.stop()
})

const says = (from: string, to: string, message: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  fleet.simulator.control('POST', `contacts/${from}/send`, { to, message, ...more })
const setting = (seconds: number, at: number) => ({
  protocolMessage: { type: 'EPHEMERAL_SETTING', ephemeralExpiration: seconds, ephemeralSettingTimestamp: at },
})
const textWith = (text: string, contextInfo: Record<string, unknown>) => ({
  extendedTextMessage: { text, contextInfo },
})

/** The timer in a message of ours, as its reader has it; 0: none. */
const timerOfNext = async (sessionId: string, to: string, text: string, more: Partial<MessageRow> = {}) => {
  const { id, whatsappId } = await fleet.accept(sessionId, to, text, more)
  await fleet.untilMessage(id, ['sent', 'delivered', 'read'])
  const seen = await until('it is decrypted', async () => (await fleet.simulator.inbox(to, whatsappId))[0])
  return (seen.content as Readable).extendedTextMessage?.contextInfo?.expiration ?? 0
}
interface Readable {
  readonly extendedTextMessage?: { readonly contextInfo?: { readonly expiration?: number } }
}
const told = (sessionId: string, count: number) =>
  until(`${count} chat.updated`, async () => {
    const events = (await fleet.readEvents(sessionId)).filter(({ type }) => type === 'chat.updated')
    return events.length >= count ? (events as unknown as { data: Record<string, unknown> }[]) : null
  })
const received = (sessionId: string, text: string) =>
  until(`"${text}" is received`, async () =>
    (await fleet.readEvents(sessionId)).some(({ data }) => data.message?.text?.body === text),
  )

test('the timer of a chat of two: set by the other one, told, followed, kept over a change of workers, and switched off', async () => {
  const phone = '5511900007001'
  const first = await fleet.startWorker()
  const sessionId = await fleet.linkSession(first, phone)
  expect(await timerOfNext(sessionId, ANA, 'before')).toBe(0)
  await says(ANA, phone, setting(WEEK, 1_800_000_000))
  const [event] = await told(sessionId, 1)
  expect(event?.data).toMatchObject({
    chat: { phone: `+${ANA}`, kind: 'user' },
    by: { phone: `+${ANA}` },
    disappearingSeconds: WEEK,
  })
  expect(await timerOfNext(sessionId, ANA, 'for a week')).toBe(WEEK)
  expect(await timerOfNext(sessionId, BIA, 'another chat')).toBe(0)
  const second = await fleet.startWorker()
  await fleet.setDesired(sessionId, 'STOPPED')
  await fleet.released(sessionId)
  await fleet.setDesired(sessionId, 'RUNNING')
  await fleet.assign(sessionId, second)
  expect(await timerOfNext(sessionId, ANA, 'from another worker')).toBe(WEEK)
  // Heard of late: it was set before the week was.
  await says(ANA, phone, setting(DAY, 1_700_000_000))
  await told(sessionId, 2)
  expect(await timerOfNext(sessionId, ANA, 'still a week')).toBe(WEEK)
  await says(ANA, phone, setting(0, 1_800_000_100))
  expect((await told(sessionId, 3))[2]?.data.disappearingSeconds).toBe(0)
  expect(await timerOfNext(sessionId, ANA, 'for good')).toBe(0)
})

test('is learnt from a message that carries it, whichever address its sender used', async () => {
  const phone = '5511900007002'
  const sessionId = await fleet.linkSession(await fleet.startWorker(), phone)
  await says(BIA, phone, textWith('gone tomorrow', { expiration: DAY, ephemeralSettingTimestamp: 1_800_000_000 }), {
    addressing: 'lid',
  })
  await received(sessionId, 'gone tomorrow')
  expect(await timerOfNext(sessionId, BIA, 'so is this')).toBe(DAY)
})

test('is followed when our own phone set it', async () => {
  const phone = '5511900007003'
  const sessionId = await fleet.linkSession(await fleet.startWorker(), phone)
  const message = setting(WEEK, 1_800_000_000)
  await says(phone, phone, { deviceSentMessage: { destinationJid: `${ANA}@s.whatsapp.net`, message } })
  const [event] = await told(sessionId, 1)
  expect(event?.data).toMatchObject({ chat: { phone: `+${ANA}` }, by: { phone: `+${phone}` } })
  expect(await timerOfNext(sessionId, ANA, 'set by us')).toBe(WEEK)
})

test('of a group is in its metadata: followed, also when it changes', async () => {
  const phone = '5511900007004'
  const sessionId = await fleet.linkSession(await fleet.startWorker(), phone)
  const group = await fleet.simulator.control('POST', 'groups', {
    creator: ANA,
    subject: 'Timers',
    participants: [phone],
  })
  const jid = group.jid as string
  const chat = { contactId: null, phone: null, lid: null, jid, kind: 'group' as const }
  const timerInGroup = (text: string) => timerOfNext(sessionId, ANA, text, { chat, to: chat })
  await fleet.simulator.control('POST', `groups/${jid}`, { by: ANA, ephemeralSeconds: DAY })
  expect(await timerInGroup('a day')).toBe(DAY)
  await fleet.simulator.control('POST', `groups/${jid}`, { by: ANA, ephemeralSeconds: WEEK })
  await until('the changes are told', async () => {
    const changes = (await fleet.readEvents(sessionId)).filter(({ data }) =>
      JSON.stringify(data).includes('"ephemeral"'),
    )
    return changes.length === 2
  })
  expect(await timerInGroup('a week')).toBe(WEEK)
})
