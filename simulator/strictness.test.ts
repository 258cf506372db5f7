import type { BinaryNode } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BaileysClient } from './testing/baileys-client.ts'
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

function preKeyUpload(client: BaileysClient, id: number, value: Buffer, identity?: Buffer): BinaryNode {
  const node = (tag: string, content: BinaryNode['content']): BinaryNode => ({ tag, attrs: {}, content })
  const keyId = Buffer.from([0, id >> 8, id & 255])
  const { signedIdentityKey, signedPreKey } = client.auth.creds
  return {
    tag: 'iq',
    attrs: { to: '@s.whatsapp.net', type: 'set', xmlns: 'encrypt' },
    content: [
      node('registration', Buffer.from([0, 0, 0, 1])),
      node('type', Buffer.from([5])),
      node('identity', identity ?? Buffer.from(signedIdentityKey.public)),
      node('list', [node('key', [node('id', keyId), node('value', value)])]),
      node('skey', [
        node('id', Buffer.from([0, 0, signedPreKey.keyId])),
        node('value', Buffer.from(signedPreKey.keyPair.public)),
        node('signature', Buffer.from(signedPreKey.signature)),
      ]),
    ],
  }
}

test('a pre-key id uploaded again is fine with the same key and a violation with another', async () => {
  const control = fixture.control.in('pre-keys')
  const client = await fixture.linkedClient(control, PHONE)
  const stored = await client.auth.keys.get('pre-key', ['500'])
  await client.socket.query(preKeyUpload(client, 500, Buffer.from(stored['500']!.public)))
  expect(await violationsOf(control)).toEqual([])
  await client.socket.query(preKeyUpload(client, 500, Buffer.alloc(32, 3)))
  expect(await violationsOf(control)).toEqual(['pre_key_reused'])
  const foreign = client.socket.query(preKeyUpload(client, 501, Buffer.alloc(32, 3), Buffer.alloc(32, 1)))
  await expect(foreign).rejects.toThrow('not-acceptable')
})

test('a frame that is no stanza ends the stream', async () => {
  const control = fixture.control.in('malformed')
  const client = await fixture.linkedClient(control, PHONE)
  await client.socket.sendRawMessage(Buffer.from([0, 248, 1]))
  expect(await client.closed()).toBe(500)
  expect(await violationsOf(control)).toEqual(['bad_stanza'])
})

test('the same ciphertext sent again is shown as a duplicate and asks for no retry', async () => {
  const control = fixture.control.in('same-bytes')
  const client = await fixture.linkedClient(control, PHONE)
  const sent: Uint8Array[] = []
  const { encryptMessage } = client.socket.signalRepository
  client.socket.signalRepository.encryptMessage = async (options) => {
    const result = await encryptMessage(options)
    if (options.jid === CONTACT_JID) sent.push(result.ciphertext)
    return result
  }
  await client.socket.relayMessage(CONTACT_JID, { conversation: 'once' }, { messageId: 'SAME1' })
  await until('first', async () => (await inboxOf(control, CONTACT)).length === 1)
  const [ciphertext] = sent
  const enc = { tag: 'enc', attrs: { v: '2', type: 'pkmsg' }, content: ciphertext! }
  const to = { tag: 'to', attrs: { jid: CONTACT_JID }, content: [enc] }
  const attrs = { id: 'SAME1', to: CONTACT_JID, type: 'text' }
  await client.socket.sendNode({ tag: 'message', attrs, content: [{ tag: 'participants', attrs: {}, content: [to] }] })
  const inbox = await until('second', async () => {
    const entries = await inboxOf(control, CONTACT)
    return entries.length === 2 && entries
  })
  expect(inbox.map(({ text, duplicate }) => [text, duplicate])).toEqual([
    ['once', false],
    ['once', true],
  ])
  expect(await violationsOf(control)).toEqual([])
  expect((await wireOf(control, 'tag=receipt')).some((line) => line.attrs.type === 'retry')).toBe(false)
})

test('control requests that make no sense get a status, a code and a sentence', async () => {
  const { control } = fixture
  const cases: [string, string, unknown, number, string][] = [
    ['GET', '/nothing', undefined, 404, 'unknown_path'],
    ['DELETE', '/health', undefined, 405, 'method_not_allowed'],
    ['POST', '/phones', { phone: '12' }, 400, 'invalid_body'],
    ['POST', '/phones', { phone: PHONE, surname: 'x' }, 400, 'invalid_body'],
    ['GET', '/contacts/abc/inbox', undefined, 400, 'invalid_phone'],
    ['GET', '/contacts/4915100000000', undefined, 404, 'unknown_phone'],
    ['POST', '/contacts/4915100000000/send', { to: PHONE }, 400, 'invalid_body'],
    ['GET', '/wire?limit=x', undefined, 400, 'invalid_query'],
    ['POST', `/contacts/${CONTACT}/send`, { to: '4915100000000', text: 'x' }, 404, 'unknown_phone'],
    ['DELETE', '/faults/77', undefined, 404, 'unknown_fault'],
  ]
  for (const [method, path, body, status, code] of cases) {
    const reply = await control.raw<{ code: string; detail: string }>(method, path, body)
    expect({ path, status: reply.status, code: reply.body.code }).toEqual({ path, status, code })
    expect(reply.body.detail.length).toBeGreaterThan(10)
  }
  await control.call('POST', '/contacts', { phone: CONTACT })
  const read = await control.raw<{ code: string }>('POST', `/contacts/${CONTACT}/read`, { whatsappId: 'NONE' })
  expect(read).toMatchObject({ status: 404, body: { code: 'unknown_message' } })
  const strange = await control.in('no spaces').raw<{ code: string }>('GET', '/state')
  expect(strange.body.code).toBe('invalid_namespace')
})
