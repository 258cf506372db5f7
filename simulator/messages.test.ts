import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Fixture, inboxOf, startFixture, violationsOf, wireOf } from './testing/fixture.ts'
import { until } from './testing/until.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await startFixture()
})
afterAll(() => fixture.stop())

const PHONE = '5511900000001'
const CONTACT = '5511988887777'
const CONTACT_JID = `${CONTACT}@s.whatsapp.net`

test('a text is decrypted by the contact and by the own phone, and the wire log proves which bytes they got', async () => {
  const control = fixture.control.in('text')
  const client = await fixture.linkedClient(control, PHONE)
  const sent = await client.socket.sendMessage(CONTACT_JID, { text: 'Olá, mundo' })
  const id = sent!.key.id!
  const [entry] = await until('inbox', async () => {
    const inbox = await inboxOf(control, CONTACT)
    return inbox.length > 0 && inbox
  })
  expect(entry).toMatchObject({ whatsappId: id, text: 'Olá, mundo', type: 'text', from: `+${PHONE}`, duplicate: false })
  const own = await until('own copy', async () => (await inboxOf(control, PHONE)).find(({ ownCopy }) => ownCopy))
  expect(own).toMatchObject({ whatsappId: id, text: 'Olá, mundo' })
  const frames = await wireOf(control, `id=${id}&tag=message`)
  expect(frames).toHaveLength(1)
  expect(frames[0]!.frame).toBe(entry!.frame)
  const recipient = frames[0]!.recipients!.find(({ jid }) => jid === CONTACT_JID)
  expect(recipient!.plaintextSha256).toBe(entry!.plaintextSha256)
  await until('server ack', () => client.acks.find(({ attrs }) => attrs.id === id))
})

test('the sender sees delivered at once and read when the contact reads', async () => {
  const control = fixture.control.in('receipts')
  const client = await fixture.linkedClient(control, PHONE)
  const id = (await client.socket.sendMessage(CONTACT_JID, { text: 'one' }))!.key.id!
  await until('delivered', () => client.statusesOf(id).includes(3))
  expect(client.statusesOf(id)).not.toContain(4)
  await control.call('POST', `/contacts/${CONTACT}/read`, { whatsappId: id })
  await until('read', () => client.statusesOf(id).includes(4))
  await control.call('POST', '/contacts', { phone: CONTACT, readReceipts: 'auto' })
  const next = (await client.socket.sendMessage(CONTACT_JID, { text: 'two' }))!.key.id!
  await until('read by itself', () => client.statusesOf(next).includes(4))
})

test('texts of a contact arrive, addressed by phone number or by LID', async () => {
  const control = fixture.control.in('inbound')
  const client = await fixture.linkedClient(control, PHONE)
  await control.call('POST', '/contacts', { phone: CONTACT, name: 'Ana' })
  await control.call('POST', `/contacts/${CONTACT}/send`, { to: `+${PHONE}`, text: 'by number', id: 'MY.ID-1' })
  await until('first', () => client.texts().includes('by number'))
  const message = client.upserts.flatMap(({ messages }) => messages).find(({ key }) => key.id === 'MY.ID-1')
  expect(message).toMatchObject({ pushName: 'Ana', key: { remoteJid: CONTACT_JID, fromMe: false } })
  await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text: 'by lid', addressing: 'lid' })
  await until('second', () => client.texts().includes('by lid'))
  await client.socket.sendMessage(CONTACT_JID, { text: 'answer' })
  await until('answer', async () => (await inboxOf(control, CONTACT)).some(({ text }) => text === 'answer'))
  await until('empty queue', async () => (await control.call('GET', '/state')).queuedForDevices === 0)
  expect(await violationsOf(control)).toEqual([])
})

test('what waited while the client was away arrives as append, in order; the unreceipted part comes again', async () => {
  const control = fixture.control.in('offline')
  const client = await fixture.linkedClient(control, PHONE)
  await client.end()
  const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`)
  for (const text of texts) await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text })
  await control.call('POST', '/faults', { kind: 'swallowReceipts', count: 12 })
  const snapshot = client.snapshot()
  client.connect()
  await until('first delivery', () => client.texts('append').length === texts.length)
  await until('confirmation of the rest', async () => (await control.call('GET', '/state')).queuedForDevices === 12)
  await client.end()
  expect(client.texts('append')).toEqual(texts)
  expect(client.texts('notify')).toEqual([])
  client.upserts.length = 0
  client.restore(snapshot)
  client.connect()
  await until('second delivery', () => client.texts('append').length === 12)
  expect(client.texts('append')).toEqual(texts.slice(0, 12))
  await until('empty queue', async () => (await control.call('GET', '/state')).queuedForDevices === 0)
})

test('a contact that is offline receives and confirms when it comes back', async () => {
  const control = fixture.control.in('contact-offline')
  const client = await fixture.linkedClient(control, PHONE)
  await control.call('POST', '/contacts', { phone: CONTACT })
  await control.call('POST', `/phones/${CONTACT}/offline`)
  const id = (await client.socket.sendMessage(CONTACT_JID, { text: 'later' }))!.key.id!
  await until('server ack', () => client.acks.find(({ attrs }) => attrs.id === id))
  expect(await inboxOf(control, CONTACT)).toEqual([])
  await control.call('POST', `/phones/${CONTACT}/online`)
  await until('delivered', () => client.statusesOf(id).includes(3))
  expect((await inboxOf(control, CONTACT)).map(({ text }) => text)).toEqual(['later'])
})

test('a client whose ratchet was rolled back is found out, asked to retry, and its resent copy is decrypted', async () => {
  const control = fixture.control.in('rollback')
  const devices = new Map<string, unknown>()
  const userDevicesCache = {
    get: (key: string) => devices.get(key),
    set: (key: string, value: unknown) => void devices.set(key, value),
    del: (key: string) => void devices.delete(key),
    flushAll: () => devices.clear(),
  }
  const client = await fixture.linkedClient(control, PHONE, { userDevicesCache: userDevicesCache as never })
  await client.socket.sendMessage(CONTACT_JID, { text: 'first' })
  await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text: 'established' })
  await until('reply', () => client.texts().includes('established'))
  const snapshot = client.snapshot()
  await client.socket.sendMessage(CONTACT_JID, { text: 'forgotten by the state' })
  await until('second', async () => (await inboxOf(control, CONTACT)).length === 2)
  await client.end()
  client.restore(snapshot)
  client.connect()
  await client.opened()
  await client.socket.sendMessage(CONTACT_JID, { text: 'after rollback' })
  await until('resent copy', async () =>
    (await inboxOf(control, CONTACT)).some(({ text }) => text === 'after rollback'),
  )
  expect(await violationsOf(control)).toContain('ratchet_counter_reused')
  const wire = await wireOf(control, 'tag=receipt')
  expect(wire.some(({ direction, attrs }) => direction === 'out' && attrs.type === 'retry')).toBe(true)
})

test('a contact encrypts anew when the client could not decrypt', async () => {
  const control = fixture.control.in('client-retry')
  const client = await fixture.linkedClient(control, PHONE)
  await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text: 'one' })
  await until('one', () => client.texts().includes('one'))
  await client.socket.sendMessage(CONTACT_JID, { text: 'ack the session' })
  await until('inbox', async () => (await inboxOf(control, CONTACT)).length === 1)
  const lost = await client.auth.keys.get('session', sessionIds(client.snapshot()))
  await client.auth.keys.set({ session: Object.fromEntries(Object.keys(lost).map((id) => [id, null])) })
  await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text: 'two' })
  await until('two', () => client.texts().includes('two'))
  await until('empty queue', async () => (await control.call('GET', '/state')).queuedForDevices === 0)
})

function sessionIds(snapshot: string): string[] {
  const [, data] = JSON.parse(snapshot) as [unknown, [string, string][]]
  return data.flatMap(([key]) => (key.startsWith('session:') ? [key.slice('session:'.length)] : []))
}

test('a number that is not on WhatsApp is reported as such and gets nothing', async () => {
  const control = fixture.control.in('not-on-whatsapp')
  const client = await fixture.linkedClient(control, PHONE)
  await control.call('POST', '/contacts', { phone: '5511911110000', onWhatsApp: false })
  const found = await client.socket.onWhatsApp('5511911110000', CONTACT)
  expect(found).toEqual([{ jid: CONTACT_JID, exists: true }])
  const id = (await client.socket.sendMessage('5511911110000@s.whatsapp.net', { text: 'x' }))!.key.id!
  await until('nack', () => client.acks.find(({ attrs }) => attrs.id === id && attrs.error === '404'))
  await control.call('PUT', '/settings', { autoContacts: false })
  expect(await client.socket.onWhatsApp('5511922220000')).toEqual([])
})

test('two linked devices of one account and two accounts exchange messages and receipts', async () => {
  const control = fixture.control.in('devices')
  const [first, second, other] = [
    await fixture.linkedClient(control, PHONE),
    await fixture.linkedClient(control, PHONE),
    await fixture.linkedClient(control, CONTACT),
  ]
  const id = (await first.socket.sendMessage(CONTACT_JID, { text: 'to all' }))!.key.id!
  await until('other account', () => other.texts().includes('to all'))
  await until('own second device', () => second.texts().includes('to all'))
  await until('delivered', () => first.statusesOf(id).includes(3))
  const own = second.upserts.flatMap(({ messages }) => messages).find(({ key }) => key.id === id)
  expect(own?.key).toMatchObject({ fromMe: true, remoteJid: CONTACT_JID })
})

test('a message for nobody is nacked and recorded', async () => {
  const control = fixture.control.in('nobody')
  const client = await fixture.linkedClient(control, PHONE)
  const attrs = { id: 'NOBODY1', to: CONTACT_JID, type: 'text' }
  await client.socket.sendNode({ tag: 'message', attrs, content: [{ tag: 'participants', attrs: {}, content: [] }] })
  const ack = await until('nack', () => client.acks.find((node) => node.attrs.id === 'NOBODY1'))
  expect(ack.attrs.error).toBe('479')
  expect(await violationsOf(control)).toEqual(['message_without_participants'])
})

test('namespaces see neither each other’s phones nor messages, faults or frames, and may share a number', async () => {
  const [a, b] = [fixture.control.in('tenant-a'), fixture.control.in('tenant-b')]
  const inA = await fixture.linkedClient(a, PHONE)
  const inB = await fixture.linkedClient(b, PHONE)
  expect(inA.auth.creds.me!.id).not.toBe(inB.auth.creds.me!.id)
  await inA.socket.sendMessage(CONTACT_JID, { text: 'from a' })
  await until('inbox a', async () => (await inboxOf(a, CONTACT)).length === 1)
  expect(await inboxOf(b, CONTACT)).toEqual([])
  await b.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text: 'from b' })
  await until('b', () => inB.texts().includes('from b'))
  expect(inA.texts()).not.toContain('from b')
  await a.call('POST', '/faults', { kind: 'nack', code: 463, count: null })
  expect(await b.call('GET', '/faults')).toEqual({ data: [] })
  const id = (await inB.socket.sendMessage(CONTACT_JID, { text: 'b is fine' }))!.key.id!
  await until('ack', () => inB.acks.find(({ attrs }) => attrs.id === id && !attrs.error))
  expect((await wireOf(b)).some((line) => JSON.stringify(line).includes(inA.auth.creds.me!.id))).toBe(false)
})
