import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { BaileysClient } from './testing/baileys-client.ts'
import type { ControlClient } from './testing/control-client.ts'
import { type Fixture, inboxOf, received, startFixture, violationsOf, wireOf } from './testing/fixture.ts'
import { trustMediaHost } from './testing/trust-media.ts'
import { until } from './testing/until.ts'

let fixture: Fixture
let control: ControlClient
let client: BaileysClient
let number = 0
beforeAll(async () => {
  fixture = await startFixture()
  trustMediaHost(fixture.simulator.mediaCaPem)
})
beforeEach(async () => {
  control = fixture.control.in(`people-${(number += 1)}`)
  client = await fixture.linkedClient(control, PHONE)
  await control.call('POST', '/contacts', { phone: CONTACT, name: 'Ana' })
})
afterAll(() => fixture.stop())

const PHONE = '5511900000001'
const CONTACT = '5511988887777'
const CONTACT_JID = `${CONTACT}@s.whatsapp.net`
const STRANGER = '5511966665555'

async function errorOf(jid: string): Promise<string | undefined> {
  const id = (await client.socket.sendMessage(jid, { text: 'hello' }))!.key.id!
  return (await until('ack', () => client.acks.find(({ attrs }) => attrs.id === id))).attrs.error
}

test('typing, recording and pausing are seen by the contact, and a contact’s by the client; online only after subscribing', async () => {
  for (const state of ['composing', 'recording', 'paused'] as const)
    await client.socket.sendPresenceUpdate(state, CONTACT_JID)
  const seen = () => control.call<{ data: { state: string; from: string }[] }>('GET', `/contacts/${CONTACT}/presence`)
  await until('three states', async () => (await seen()).data.length === 3)
  expect((await seen()).data.map(({ state }) => state)).toEqual(['composing', 'recording', 'paused'])
  const states: unknown[] = []
  client.socket.ev.on('presence.update', ({ presences }) =>
    states.push(...Object.values(presences).map(({ lastKnownPresence }) => lastKnownPresence)),
  )
  const show = (state: string) =>
    control.call<{ told: number }>('POST', `/contacts/${CONTACT}/presence`, { to: PHONE, state })
  expect((await show('available')).told).toBe(0)
  await client.socket.presenceSubscribe(CONTACT_JID)
  await until('subscription', async () => (await show('available')).told === 1)
  for (const state of ['composing', 'recording', 'unavailable']) await show(state)
  await until('all', () => states.includes('unavailable'))
  expect(states.slice(-4)).toEqual(['available', 'composing', 'recording', 'unavailable'])
})

test('a call rings, can be rejected, and otherwise ends as missed', async () => {
  const events: string[] = []
  client.socket.ev.on('call', (calls) =>
    events.push(...calls.map(({ id, status, isVideo }) => `${id} ${status} ${isVideo}`)),
  )
  const ring = (video: boolean) =>
    control.call<{ callId: string }>('POST', `/contacts/${CONTACT}/calls`, { to: PHONE, video })
  const { callId } = await ring(true)
  await until('the offer', () => events.includes(`${callId} offer true`))
  await client.socket.rejectCall(callId, CONTACT_JID)
  const second = (await ring(false)).callId
  await control.call('POST', `/contacts/${CONTACT}/calls/${second}/end`, { reason: 'timeout' })
  await until('the end', () => events.some((line) => line.startsWith(`${second} timeout`)))
  const { data } = await control.call<{ data: { state: string }[] }>('GET', `/contacts/${CONTACT}/calls`)
  expect(data.map(({ state }) => state).sort()).toEqual(['missed', 'rejected'])
  const over = await control.raw<{ code: string }>('POST', `/contacts/${CONTACT}/calls/${callId}/end`, {})
  expect(over.body.code).toBe('call_over')
})

test('about, picture and name of the account are what the client set; those of a contact what the client sees', async () => {
  await client.socket.updateProfileStatus('Busy')
  const picture = randomBytes(500)
  await client.socket.query({
    tag: 'iq',
    attrs: { to: '@s.whatsapp.net', type: 'set', xmlns: 'w:profile:picture' },
    content: [{ tag: 'picture', attrs: { type: 'image' }, content: picture }],
  })
  await client.socket.updateProfileName('Support')
  await until('name', async () => (await control.call('GET', `/contacts/${PHONE}/profile`)).name === 'Support')
  expect(await control.call('GET', `/contacts/${PHONE}/profile`)).toMatchObject({ about: 'Busy', blocked: [] })
  expect((await control.bytes(`/contacts/${PHONE}/picture`)).equals(picture)).toBe(true)
  await expect(client.socket.profilePictureUrl(CONTACT_JID)).rejects.toThrow('item-not-found')
  const bytes = randomBytes(300)
  const change = { about: 'Hi!', pictureBase64: bytes.toString('base64') }
  await control.call('PUT', `/contacts/${CONTACT}/profile`, change)
  const [status] = (await client.socket.fetchStatus(CONTACT_JID))!
  expect(status).toMatchObject({ status: { status: 'Hi!' } })
  const url = (await client.socket.profilePictureUrl(CONTACT_JID, 'image'))!
  expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes)).toBe(true)
})

test('a blocked contact’s messages do not reach the account until it is unblocked', async () => {
  const send = (text: string) =>
    control.call<{ devices: number[] }>('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text })
  expect((await send('before')).devices).toHaveLength(1)
  await until('before', () => client.texts().includes('before'))
  await client.socket.updateBlockStatus(CONTACT_JID, 'block')
  expect(await control.call('GET', `/contacts/${PHONE}/profile`)).toMatchObject({ blocked: [`+${CONTACT}`] })
  expect(await client.socket.fetchBlocklist()).toHaveLength(1)
  expect((await send('blocked')).devices).toEqual([])
  await client.socket.updateBlockStatus(CONTACT_JID, 'unblock')
  await send('after')
  await until('after', () => client.texts().includes('after'))
  expect(client.texts()).not.toContain('blocked')
})

test('a time-lock is announced and asked for; strangers are refused with 463, known chats are not', async () => {
  await client.socket.sendMessage(CONTACT_JID, { text: 'we know each other' })
  await received(control, CONTACT, ({ text }) => text === 'we know each other')
  await control.call('POST', `/phones/${PHONE}/time-lock`, { active: true, enforcementType: 'BIZ_QUALITY' })
  const locks = () => client.updates.flatMap(({ reachoutTimeLock }) => reachoutTimeLock ?? [])
  await until('the announcement', () => locks().some(({ isActive }) => isActive))
  expect((await client.socket.fetchAccountReachoutTimelock()).isActive).toBe(true)
  expect(await errorOf(`${STRANGER}@s.whatsapp.net`)).toBe('463')
  expect(await errorOf(CONTACT_JID)).toBeUndefined()
  await control.call('POST', `/phones/${PHONE}/time-lock`, { active: false })
  await until('the end', () => locks().at(-1)?.isActive === false)
  expect(await errorOf(`${STRANGER}@s.whatsapp.net`)).toBeUndefined()
})

test('the new-chat cap counts strangers, is announced at every step, and refuses the one too many', async () => {
  const used: (number | undefined)[] = []
  client.socket.ev.on('message-capping.update', (cap) => used.push(cap.used_quota))
  await control.call('POST', `/phones/${PHONE}/new-chat-cap`, { total: 1 })
  expect(await errorOf(CONTACT_JID)).toBeUndefined()
  await received(control, CONTACT, ({ text }) => text === 'hello')
  expect(await errorOf(CONTACT_JID)).toBeUndefined()
  expect(await errorOf(`${STRANGER}@s.whatsapp.net`)).toBe('463')
  await until('two announcements', () => used.length === 2)
  expect(used).toEqual([0, 1])
  expect(await client.socket.fetchNewChatMessageCap()).toMatchObject({ total_quota: 1, capping_status: 'CAPPED' })
})

test('garbage of every sort leaves the client connected and able to read on', async () => {
  for (const garbage of ['msg', 'pkmsg', 'empty'])
    await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, garbage, id: `BAD-${garbage}` })
  await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text: 'still here' })
  await until('the text', () => client.texts().includes('still here'))
  const stubs = client.upserts
    .flatMap(({ messages }) => messages)
    .filter(({ messageStubType }) => messageStubType === 2)
  expect(stubs.length).toBeGreaterThan(0)
  await until('empty queue', async () => (await control.call('GET', '/state')).queuedForDevices === 0)
  const answers = (await wireOf(control)).filter(({ id, direction }) => id?.startsWith('BAD-') && direction === 'in')
  expect(answers.some(({ attrs }) => attrs.type === 'retry')).toBe(true)
})

test('a thousand messages at once all arrive, in order, each once', async () => {
  const { whatsappIds } = await control.call<{ whatsappIds: string[] }>('POST', `/contacts/${CONTACT}/send-many`, {
    to: PHONE,
    count: 1000,
    text: 'flood',
  })
  await until('all', () => client.texts().length === 1000, 30_000)
  const messages = client.upserts.flatMap((upsert) => upsert.messages)
  const ids = messages.filter(({ message }) => message?.conversation).map(({ key }) => key.id)
  expect(ids).toEqual(whatsappIds)
  expect((await inboxOf(control, PHONE)).length).toBe(1000)
  expect(await violationsOf(control)).toEqual([])
}, 60_000)

test('a query fails with the code of the fault', async () => {
  await control.call('POST', '/faults', { kind: 'failQueries', xmlns: 'usync', code: 429 })
  await expect(client.socket.onWhatsApp(CONTACT)).rejects.toThrow('rate-overlimit')
  expect(await client.socket.onWhatsApp(CONTACT)).toEqual([{ jid: CONTACT_JID, exists: true }])
})
