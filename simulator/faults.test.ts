import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BaileysClient } from './testing/baileys-client.ts'
import type { ControlClient } from './testing/control-client.ts'
import { type Fixture, inboxOf, startFixture, wireOf } from './testing/fixture.ts'
import { until } from './testing/until.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await startFixture()
})
afterAll(() => fixture.stop())

const PHONE = '5511900000001'
const CONTACT = '5511988887777'
const CONTACT_JID = `${CONTACT}@s.whatsapp.net`

let textNumber = 0

async function expectTextsBothWays(control: ControlClient, client: BaileysClient): Promise<void> {
  const text = `text ${(textNumber += 1)}`
  await client.socket.sendMessage(CONTACT_JID, { text })
  await until('inbox', async () => (await inboxOf(control, CONTACT)).some((entry) => entry.text === text))
  await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text: `re: ${text}` })
  await until('reply', () => client.texts().includes(`re: ${text}`))
}

describe('the connection ends with the code of the fault, and a new login works', () => {
  let control: ControlClient
  let client: BaileysClient
  beforeAll(async () => {
    control = fixture.control.in('codes')
    client = await fixture.linkedClient(control, PHONE)
  })

  const faults: [string, object, number][] = [
    ['TCP reset', { kind: 'drop', mode: 'reset' }, 428],
    ['WebSocket close', { kind: 'drop', mode: 'close' }, 428],
    ['xmlstreamend', { kind: 'drop', mode: 'xmlstreamend' }, 428],
    ...[401, 403, 408, 428, 440, 500, 503, 515].map((code): [string, object, number] => [
      `stream error ${code}`,
      { kind: 'streamError', code },
      code,
    ]),
  ]
  test.each(faults)('%s', async (_name, fault, code) => {
    expect(await control.call('POST', '/faults', { ...fault, phone: `+${PHONE}` })).toMatchObject({ struck: 1 })
    expect(await client.closed()).toBe(code)
    client.connect()
    await client.opened()
    await expectTextsBothWays(control, client)
  })

  test.each([401, 403, 405, 500, 503])('failure %i at the next login', async (code) => {
    await control.call('POST', '/faults', { kind: 'failure', code, phone: PHONE })
    await client.end()
    client.connect()
    expect(await client.closed()).toBe(code)
    client.connect()
    await client.opened()
  })

  test('a drop at login strikes right after success', async () => {
    await control.call('POST', '/faults', { kind: 'drop', when: 'login' })
    await client.end()
    client.connect()
    expect(await client.closed()).toBe(428)
    client.connect()
    await client.opened()
  })

  test('a refused connection closes before login, and a refused socket before the handshake', async () => {
    await client.end()
    await control.call('POST', '/faults', { kind: 'refuseConnections', phone: PHONE })
    client.connect()
    expect(await client.closed()).toBe(428)
    await fixture.control.call('POST', '/faults', { kind: 'refuseConnections' })
    client.connect()
    expect(await client.closed()).toBe(408)
    client.connect()
    await client.opened()
  })

  test('without success the client stays connecting although its pings are answered', async () => {
    await client.end()
    await until('logged out', async () => (await control.call('GET', '/state')).connected === 0)
    await control.call('POST', '/faults', { kind: 'neverSuccess' })
    client.connect()
    await until('login', async () => (await control.call('GET', '/state')).connected === 1)
    const ping = {
      tag: 'iq',
      attrs: { to: '@s.whatsapp.net', type: 'get', xmlns: 'w:p' },
      content: [{ tag: 'ping', attrs: {} }],
    }
    expect((await client.socket.query(ping, 2000))?.attrs.type).toBe('result')
    expect(client.updates.some(({ connection }) => connection === 'open')).toBe(false)
  })

  test('the second socket of one identity ends the first with 440', async () => {
    await client.end()
    client.connect()
    await client.opened()
    const first = client.closed()
    client.connect()
    await client.opened()
    expect(await first).toBe(440)
  })
})

test('a half-open connection answers nothing until the client gives up with 408', async () => {
  const control = fixture.control.in('half-open')
  const client = await fixture.linkedClient(control, PHONE, { keepAliveIntervalMs: 400 })
  await control.call('POST', '/faults', { kind: 'halfOpen' })
  const { devices } = await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text: 'kept' })
  expect(devices).toEqual([1].map(() => expect.any(Number)))
  await until('the client to give up', () => client.socket.ws.isClosing, 12_000)
  // rc14 waits for the dead peer's close frame (30 s in ws) before it reports: nobody will send one.
  ;(client.socket.ws as unknown as { socket: { terminate(): void } }).socket.terminate()
  expect(await client.closed()).toBe(408)
  client.connect()
  await until('kept message', () => client.texts('append').includes('kept'))
})

test('nacks strike n messages, or one recipient only, with their code', async () => {
  const control = fixture.control.in('nacks')
  const client = await fixture.linkedClient(control, PHONE)
  await control.call('POST', '/faults', { kind: 'nack', code: 463, recipient: `+${CONTACT}`, count: 2 })
  const errorFor = async (jid: string) => {
    const id = (await client.socket.sendMessage(jid, { text: 'hello' }))!.key.id!
    return (await until('ack', () => client.acks.find(({ attrs }) => attrs.id === id))).attrs.error
  }
  expect(await errorFor('5511977776666@s.whatsapp.net')).toBeUndefined()
  expect(await errorFor(CONTACT_JID)).toBe('463')
  expect(await control.call('GET', '/faults')).toMatchObject({ data: [{ kind: 'nack', remaining: 1 }] })
  expect(await errorFor(CONTACT_JID)).toBe('463')
  expect(await errorFor(CONTACT_JID)).toBeUndefined()
  expect(await control.call('GET', '/faults')).toEqual({ data: [] })
  expect((await inboxOf(control, CONTACT)).length).toBe(1)
})

test('acks come late or never while the message itself arrives; clearing faults stops it', async () => {
  const control = fixture.control.in('acks')
  const client = await fixture.linkedClient(control, PHONE)
  await control.call('POST', '/faults', { kind: 'swallowAcks', count: 1 })
  await control.call('POST', '/faults', { kind: 'slowAcks', delayMs: 300 })
  const silent = (await client.socket.sendMessage(CONTACT_JID, { text: 'silent' }))!.key.id!
  const startedAt = Date.now()
  const slow = (await client.socket.sendMessage(CONTACT_JID, { text: 'slow' }))!.key.id!
  await until('slow ack', () => client.acks.find(({ attrs }) => attrs.id === slow))
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(290)
  expect(client.acks.some(({ attrs }) => attrs.id === silent)).toBe(false)
  expect((await inboxOf(control, CONTACT)).map(({ text }) => text)).toEqual(['silent', 'slow'])
  const [frame] = await wireOf(control, `id=${silent}&tag=message`)
  expect(frame!.note).toBe('ack swallowed by fault')
  expect(await control.call('DELETE', '/faults')).toEqual({ cleared: 1 })
})

test('a connection that dies on a message has or has not taken it, as the fault says; the repeat is told apart', async () => {
  const control = fixture.control.in('die-on-message')
  const client = await fixture.linkedClient(control, PHONE)
  const message = { conversation: 'in flight' }
  for (const processed of [false, true]) {
    await control.call('POST', '/faults', { kind: 'drop', when: 'message', processed })
    await client.socket.relayMessage(CONTACT_JID, message, { messageId: 'INFLIGHT1' }).catch(() => {})
    expect(await client.closed()).toBe(428)
    client.connect()
    await client.opened()
  }
  await client.socket.relayMessage(CONTACT_JID, message, { messageId: 'INFLIGHT1' })
  const inbox = await until('both copies', async () => {
    const entries = await inboxOf(control, CONTACT)
    return entries.length === 2 && entries
  })
  expect(inbox.map(({ whatsappId }) => whatsappId)).toEqual(['INFLIGHT1', 'INFLIGHT1'])
  expect(inbox[0]!.plaintextSha256).toBe(inbox[1]!.plaintextSha256)
  const frames = await wireOf(control, 'id=INFLIGHT1&tag=message')
  expect(frames).toHaveLength(3)
  expect(new Set(frames.map(({ bytesSha256 }) => bytesSha256)).size).toBe(3)
})

test('delayed frames keep their order, and a swallowed query stays unanswered', async () => {
  const control = fixture.control.in('delays')
  const client = await fixture.linkedClient(control, PHONE)
  await control.call('POST', '/faults', { kind: 'delayFrames', delayMs: 100, count: 3 })
  const texts = ['a', 'b', 'c', 'd', 'e']
  for (const text of texts) await control.call('POST', `/contacts/${CONTACT}/send`, { to: PHONE, text })
  await until('all', () => client.texts().length === texts.length)
  expect(client.texts()).toEqual(texts)
  await control.call('POST', '/faults', { kind: 'swallowQueries', xmlns: 'usync' })
  const query = { tag: 'iq', attrs: { to: '@s.whatsapp.net', type: 'get', xmlns: 'usync' }, content: [] }
  expect(await client.socket.query(query, 200).catch(() => undefined)).toBeUndefined()
  expect((await client.socket.query(query, 2000))?.attrs.type).toBe('result')
})

test.each([
  [{ kind: 'melt' }, 'invalid_body'],
  [{ kind: 'nack', code: 42 }, 'invalid_body'],
  [{ kind: 'drop', phone: 'abc' }, 'invalid_body'],
  [{ kind: 'drop', typo: true }, 'invalid_body'],
])('a fault nobody understands is refused: %j', async (fault, code) => {
  const { status, body } = await fixture.control.raw<{ code: string }>('POST', '/faults', fault)
  expect({ status, code: body.code }).toEqual({ status: 400, code })
})
