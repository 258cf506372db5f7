import { afterAll, beforeAll, expect, test } from 'vitest'
import { EVENT_DATA } from '../../shared/contract/event-data.ts'
import { newId } from '../../shared/core/ids.ts'
import { Endpoints } from '../../shared/store/endpoints.ts'
import { eventDataPlace } from '../../shared/store/places.ts'
import { transact } from '../../shared/store/table.ts'
import { person, runOperation } from '../testing/run-operation.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'

let fleet: TestFleet
const ANA = '5511988887777'

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(ANA, { name: 'Ana' })
})
afterAll(() => fleet.stop())

const ring = async (to: string, video: boolean): Promise<string> =>
  (await fleet.simulator.control('POST', `contacts/${ANA}/calls`, { to, video })).callId
const stateOf = async (callId: string): Promise<string> =>
  (await fleet.simulator.control('GET', `contacts/${ANA}/calls`)).data.find(
    (call: { callId: string }) => call.callId === callId,
  ).state
const callsOf = async (sessionId: string) =>
  (await fleet.readEvents(sessionId)).filter(({ type }) => type === 'call.received').map(({ data }) => data)

test('a call is told once and rings; a session that is set to reject calls tells and rejects it', async () => {
  const worker = await fleet.startWorker()
  const phone = '5511900009001'
  const sessionId = await fleet.linkSession(worker, phone)
  const first = await ring(phone, true)
  const [told] = await until('the call', async () => {
    const calls = await callsOf(sessionId)
    return calls.length > 0 ? calls : null
  })
  expect(told).toMatchObject({
    call: { id: first, from: { phone: `+${ANA}` }, group: null, kind: 'video', ringing: true, rejected: false },
  })
  expect(EVENT_DATA['call.received'].data.parse(told)).toEqual(told)
  expect(await stateOf(first)).toBe('ringing')
  await fleet.simulator.control('POST', `contacts/${ANA}/calls/${first}/end`, { reason: 'hangup' })

  await fleet.sessions.update(sessionId, { calls: { autoReject: true } })
  await fleet.ring(worker.queueUrl, 'desired', sessionId)
  // The setting is read a moment after the ring.
  const rejected = await until('a rejected call', async () => {
    const callId = await ring(phone, false)
    await until('it is told', async () => JSON.stringify(await callsOf(sessionId)).includes(callId))
    const data = (await callsOf(sessionId)).at(-1) as unknown as { call: { id: string; rejected: boolean } }
    return data.call.rejected ? callId : null
  })
  await until('the rejection', async () => (await stateOf(rejected)) === 'rejected')
  const ids = (await callsOf(sessionId)).map((data) => (data as unknown as { call: { id: string } }).call.id)
  expect(new Set(ids).size).toBe(ids.length)
})

test('presence is told without a sequence, to endpoints that name it, and to nobody else', async () => {
  const worker = await fleet.startWorker()
  const phone = '5511900009002'
  const sessionId = await fleet.linkSession(worker, phone)
  const show = async (state: string): Promise<number> =>
    (await fleet.simulator.control('POST', `contacts/${ANA}/presence`, { to: phone, state })).told
  const told = () =>
    fleet.published.filter(({ type, sessionId: of }) => type === 'presence.updated' && of === sessionId)
  const { tenantId, mode } = fleet.scope
  const endpoint = (events: string[]) =>
    transact(fleet.tables.client, [
      new Endpoints(fleet.tables, fleet.scope).createLeg({
        v: 1,
        tenantId,
        mode,
        id: newId('whk'),
        url: 'https://example.com/hook',
        events,
        description: '',
        status: 'active',
        statusReason: null,
        secrets: [],
        createdAt: Date.now(),
      }),
    ])
  await endpoint(['presence.updated'])
  await runOperation(fleet, sessionId, 'subscribePresence', { target: person(ANA) })
  expect(await show('available')).toBe(1)
  await show('composing')
  const refs = await until('two states', () => (told().length === 2 ? told() : null))
  const states = await Promise.all(
    refs.map(async (ref) => {
      const row = await fleet.events.get(ref)
      expect(row).toMatchObject({ sequence: null, sessionId })
      return row && (await fleet.tenantKeys.open(fleet.scope, eventDataPlace(row.id), row.data))
    }),
  )
  expect(states).toMatchObject([
    { state: 'available', contact: { phone: `+${ANA}` }, chat: { phone: `+${ANA}` }, lastSeenAt: null },
    { state: 'composing', contact: { phone: `+${ANA}` } },
  ])
  for (const state of states) expect(EVENT_DATA['presence.updated'].data.parse(state)).toEqual(state)
  const sequenced = (await fleet.readEvents(sessionId)).map(({ type }) => type)
  expect(sequenced).not.toContain('presence.updated')
})

test('without an endpoint that names it, presence costs no row', async () => {
  const other = await startTestFleet()
  try {
    await other.simulator.addContact(ANA, { name: 'Ana' })
    const phone = '5511900009003'
    const sessionId = await other.linkSession(await other.startWorker(), phone)
    await other.simulator.control('POST', `contacts/${ANA}/presence`, { to: phone, state: 'composing' })
    await other.simulator.contactSends(ANA, phone, 'typed')
    await until('the message', async () =>
      (await other.readEvents(sessionId)).some(({ type }) => type === 'message.received'),
    )
    expect(other.published.map(({ type }) => type)).not.toContain('presence.updated')
  } finally {
    await other.stop()
  }
})
