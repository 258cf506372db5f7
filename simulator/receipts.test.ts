import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Fixture, startFixture, violationsOf, wireOf } from './testing/fixture.ts'
import { until } from './testing/until.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await startFixture()
})
afterAll(() => fixture.stop())

const PHONE = '5511900000001'
const CONTACT = '5511988887777'
const CONTACT_JID = `${CONTACT}@s.whatsapp.net`

test('what the client has confirmed, message or receipt, is never sent again by any later connection', async () => {
  const control = fixture.control.in('confirmed')
  const client = await fixture.linkedClient(control, PHONE)
  await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text: 'one', id: 'IN1' })
  await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text: 'two', id: 'IN2' })
  const out = (await client.socket.sendMessage(CONTACT_JID, { text: 'out' }))!.key.id!
  await until('delivered', () => client.statusesOf(out).includes(3))
  await until('both texts', () => client.texts().includes('two'))
  await until('empty queue', async () => (await control.call('GET', '/state')).queuedForDevices === 0)
  for (let login = 0; login < 2; login += 1) {
    await client.end()
    client.connect()
    await client.opened()
    await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text: `mark ${login}` })
    await until('the mark', () => client.texts().includes(`mark ${login}`))
  }
  for (const id of ['IN1', 'IN2', out]) {
    const frames = (await wireOf(control, `id=${id}`)).filter(({ direction }) => direction === 'out')
    const tags = frames.map(({ tag }) => tag).sort()
    expect(tags).toEqual(id === out ? ['ack', 'receipt'] : ['ack', 'message'])
  }
  expect(await violationsOf(control)).toEqual([])
})

test('the contact learns who received and who read its message', async () => {
  const control = fixture.control.in('learns')
  const client = await fixture.linkedClient(control, PHONE)
  await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text: 'read me', id: 'READ1' })
  await until('text', () => client.texts().includes('read me'))
  await client.socket.readMessages([{ remoteJid: CONTACT_JID, id: 'READ1', fromMe: false }])
  type Receipts = { data: { type: string; from: string }[] }
  const receipts = () => control.call<Receipts>('GET', `/contacts/${CONTACT}/receipts?whatsappId=READ1`)
  await until('read', async () => (await receipts()).data.some(({ type }) => type === 'read'))
  expect((await receipts()).data.map(({ type, from }) => [type, from])).toEqual([
    ['inactive', `+${PHONE}`],
    ['read', `+${PHONE}`],
  ])
})

test('a second socket of one identity takes over: it gets what the first had not confirmed, the first gets nothing more', async () => {
  const control = fixture.control.in('take-over')
  const client = await fixture.linkedClient(control, PHONE)
  await control.call('POST', '/faults', { kind: 'swallowReceipts' })
  await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text: 'unconfirmed', id: 'TWICE' })
  await until('first delivery', () => client.texts('notify').includes('unconfirmed'))
  await until('the lost receipt', async () => (await control.call('GET', '/state')).faults === 0)
  const firstClosed = client.closed()
  client.connect()
  await client.opened()
  expect(await firstClosed).toBe(440)
  await until('one confirmed delivery', async () => (await control.call('GET', '/state')).queuedForDevices === 0)
  const copies = (await wireOf(control, 'id=TWICE&tag=message')).filter(({ direction }) => direction === 'out')
  expect(copies.map(({ attrs }) => attrs.offline)).toEqual([undefined, '0'])
  expect((await control.call('GET', '/state')).connected).toBe(1)
})
