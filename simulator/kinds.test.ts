import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { BaileysClient } from './testing/baileys-client.ts'
import type { ControlClient } from './testing/control-client.ts'
import { type Fixture, received, startFixture, violationsOf, wireOf } from './testing/fixture.ts'
import { until } from './testing/until.ts'

let fixture: Fixture
let control: ControlClient
let client: BaileysClient
let number = 0
beforeAll(async () => {
  fixture = await startFixture()
})
beforeEach(async () => {
  control = fixture.control.in(`kinds-${(number += 1)}`)
  client = await fixture.linkedClient(control, PHONE)
})
afterAll(() => fixture.stop())

const PHONE = '5511900000001'
const CONTACT = '5511988887777'
const CONTACT_JID = `${CONTACT}@s.whatsapp.net`
const OTHER = '5511977776666'

type Where = { name: string; chat: () => Promise<string> }
const places: Where[] = [
  { name: 'a chat of two', chat: async () => CONTACT_JID },
  {
    name: 'a group',
    chat: async () => {
      const group = { creator: CONTACT, subject: 'Kinds', participants: [PHONE, OTHER] }
      return (await control.call<{ jid: string }>('POST', '/groups', group)).jid
    },
  },
]

describe.each(places)('in $name', ({ chat }) => {
  test('every kind the client sends is decrypted by the contact with all it says', async () => {
    const to = await chat()
    const send = async (content: Parameters<BaileysClient['socket']['sendMessage']>[1]) =>
      (await client.socket.sendMessage(to, content))!
    const got = (id: string) => received(control, CONTACT, ({ whatsappId }) => whatsappId === id)
    const text = await send({ text: 'hello', mentions: [CONTACT_JID] })
    expect((await got(text.key.id!)).content.extendedTextMessage).toMatchObject({
      text: 'hello',
      contextInfo: { mentionedJid: [CONTACT_JID] },
    })
    const reply = (await client.socket.sendMessage(to, { text: 'reply' }, { quoted: text }))!
    expect((await got(reply.key.id!)).content.extendedTextMessage.contextInfo.stanzaId).toBe(text.key.id)
    const location = await send({ location: { degreesLatitude: -23.5, degreesLongitude: -46.6, name: 'Here' } })
    expect((await got(location.key.id!)).content.locationMessage).toMatchObject({
      degreesLatitude: -23.5,
      name: 'Here',
    })
    const vcard = 'BEGIN:VCARD\nVERSION:3.0\nFN:Ana\nEND:VCARD'
    const card = await send({ contacts: { displayName: 'Ana', contacts: [{ displayName: 'Ana', vcard }] } })
    expect((await got(card.key.id!)).content.contactMessage.vcard).toBe(vcard)
    const reaction = await send({ react: { text: '👍', key: text.key } })
    const reacted = await got(reaction.key.id!)
    expect(reacted.content.reactionMessage).toMatchObject({ text: '👍', key: { id: text.key.id } })
    const edit = await send({ text: 'hello again', edit: text.key })
    expect((await got(edit.key.id!)).content.protocolMessage).toMatchObject({
      type: 'MESSAGE_EDIT',
      key: { id: text.key.id },
    })
    const revoke = await send({ delete: text.key })
    expect((await got(revoke.key.id!)).content.protocolMessage).toMatchObject({
      type: 'REVOKE',
      key: { id: text.key.id },
    })
    const poll = await send({ poll: { name: 'Lunch?', values: ['yes', 'no'], selectableCount: 1 } })
    expect((await got(poll.key.id!)).content.pollCreationMessageV3).toMatchObject({
      name: 'Lunch?',
      options: [{ optionName: 'yes' }, { optionName: 'no' }],
    })
    const attrs = (await wireOf(control, 'tag=message')).map((line) => line.attrs)
    expect(attrs.find(({ id }) => id === edit.key.id)!.edit).toBe('1')
    expect(attrs.find(({ id }) => id === poll.key.id)!.type).toBe('poll')
    expect(await violationsOf(control)).toEqual([])
  })

  test('every kind a contact sends reaches the client with all it says', async () => {
    const jid = await chat()
    const to = jid === CONTACT_JID ? PHONE : jid
    const send = async (body: object, id: string) => {
      await control.call('POST', `/contacts/${CONTACT}/send`, { to, id, ...body })
      const all = () => client.upserts.flatMap(({ messages }) => messages)
      return (await until(id, () => all().find(({ key, message }) => key.id === id && message))).message!
    }
    const own = (await client.socket.sendMessage(jid, { text: 'mine' }))!
    await received(control, CONTACT, ({ text }) => text === 'mine')
    expect((await send({ text: 'yours', quote: own.key.id }, 'Q1')).extendedTextMessage!.contextInfo!.stanzaId).toBe(
      own.key.id,
    )
    expect((await send({ location: { latitude: 1.5, longitude: 2.5 } }, 'L1')).locationMessage).toMatchObject({
      degreesLatitude: 1.5,
    })
    const contacts = [{ name: 'Ben', phone: OTHER }]
    expect((await send({ contacts }, 'C1')).contactMessage!.vcard).toContain(`waid=${OTHER}`)
    expect((await send({ reaction: { messageId: own.key.id, emoji: '❤' } }, 'R1')).reactionMessage).toMatchObject({
      text: '❤',
      key: { id: own.key.id, fromMe: true },
    })
    const edited = (await send({ edit: { messageId: 'Q1', text: 'better' } }, 'E1')).protocolMessage!
    expect([edited.key!.id, edited.editedMessage!.conversation]).toEqual(['Q1', 'better'])
    expect((await send({ revoke: { messageId: 'Q1' } }, 'D1')).protocolMessage!.key!.id).toBe('Q1')
    const poll = { name: 'When?', options: ['now', 'later'], selectable: 2 }
    expect((await send({ poll }, 'P1')).pollCreationMessage!.options).toHaveLength(2)
    const raw = { message: { conversation: 'raw' } }
    expect((await send(raw, 'X1')).conversation).toBe('raw')
  })

  test('a contact’s vote on the client’s poll opens with the poll’s secret, and only there', async () => {
    const jid = await chat()
    const to = jid === CONTACT_JID ? PHONE : jid
    const poll = (await client.socket.sendMessage(jid, { poll: { name: 'Which?', values: ['a', 'b', 'c'] } }))!
    await received(control, CONTACT, ({ whatsappId }) => whatsappId === poll.key.id)
    const vote = { pollId: poll.key.id, options: ['a', 'c'] }
    await control.call('POST', `/contacts/${CONTACT}/send`, { to, vote, id: 'V1' })
    const own = await received(control, PHONE, ({ whatsappId }) => whatsappId === 'V1')
    expect(own.vote).toEqual(vote)
    const wrong = await control.raw<{ code: string }>('POST', `/contacts/${CONTACT}/send`, {
      to,
      vote: { pollId: poll.key.id, options: ['d'] },
    })
    expect(wrong.body.code).toBe('unknown_option')
  })
})

test('a status reaches exactly its audience, from the client and from a contact', async () => {
  await control.call('POST', '/contacts', { phone: CONTACT })
  await control.call('POST', '/contacts', { phone: OTHER })
  await client.socket.sendMessage('status@broadcast', { text: 'my day' }, { statusJidList: [CONTACT_JID] })
  const entry = await received(control, CONTACT, ({ text }) => text === 'my day')
  expect(entry.chat).toBe('status@broadcast')
  await control.call('POST', `/contacts/${CONTACT}/send`, { to: 'status', text: 'her day', audience: [PHONE] })
  await until('her status', () => client.texts().includes('her day'))
  expect((await control.call<{ data: unknown[] }>('GET', `/contacts/${OTHER}/inbox`)).data).toEqual([])
  expect(await violationsOf(control)).toEqual([])
})

test.each([
  [{ to: PHONE }, 'invalid_body'],
  [{ to: PHONE, text: 'a', location: { latitude: 1, longitude: 1 } }, 'invalid_body'],
  [{ to: PHONE, reaction: { messageId: 'NONE', emoji: 'x' } }, 'unknown_message'],
  [{ to: '1203630000000000@g.us', text: 'a' }, 'unknown_group'],
  [{ to: PHONE, media: { kind: 'image' } }, 'invalid_body'],
])('a message nobody could mean is refused: %j', async (body, code) => {
  expect((await control.raw<{ code: string }>('POST', `/contacts/${CONTACT}/send`, body)).body.code).toBe(code)
})
