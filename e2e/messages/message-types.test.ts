import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { decryptedBy, type LinkedTenant, startLinkedTenant } from '../support/linked-tenant.ts'
import { readAllEvents } from '../support/session.ts'
import { CASES, type Case, type World } from './cases.ts'

/**
 * Every message type in both directions, in a chat of two and in a group, on the whole embedded cloud: what was sent is
 * what the simulated contact decrypted, and what the contact sent is what the tenant's event says.
 */
const PHONE = '+5511900000001'
const CONTACT = '+5511988887777'
const OTHER = '+5511977776666'
let line: LinkedTenant
let api: LinkedTenant['api']
let simulator: LinkedTenant['simulator']
let sessionId: string
let group: string

beforeAll(async () => {
  line = await startLinkedTenant({ name: 'Types', phone: PHONE, contacts: [CONTACT, OTHER] })
  ;({ api, simulator, sessionId } = line)
  group = (
    await simulator.call('POST', '/groups', { creator: CONTACT, subject: 'Types', participants: [PHONE, OTHER] })
  ).jid
})
afterAll(() => line?.stop())

const label = ({ type, variant }: Case): string => (variant ? `${type}, ${variant}` : type)
const send = (body: Record<string, unknown>) => api.post('/v1/messages', { sessionId, ...body })

const decrypted = (whatsappId: string) => decryptedBy(simulator, CONTACT, whatsappId)

const eventOf = (type: string, whatsappId: string) =>
  eventually(`${type} of ${whatsappId}`, async () =>
    (await readAllEvents(api, sessionId)).find(
      (event) => event.type === type && event.data.message?.whatsappId === whatsappId,
    ),
  )

const places = [
  { place: 'a chat of two', to: () => CONTACT, simulated: () => PHONE },
  { place: 'a group', to: () => group, simulated: () => group },
]

describe.each(places)('in $place', ({ place, to, simulated }) => {
  let count = 0
  const contactSends = async (draft: Record<string, unknown>) => {
    const id = `${place === 'a group' ? 'G' : 'C'}${++count}X${'0'.repeat(10)}`
    await simulator.call('POST', `/contacts/${CONTACT}/send`, { to: simulated(), id, ...draft })
    return id
  }

  /** What is edited or deleted is made anew for it; everything else shares one world. */
  let shared: Promise<World> | null = null
  const worldFor = ({ type }: Case): Promise<World> => {
    if (type === 'edit' || type === 'delete') return makeWorld()
    shared ??= makeWorld()
    return shared
  }
  const makeWorld = async (): Promise<World> => {
    const own = await send({ to: to(), type: 'text', text: { body: 'to be answered' } })
    const poll = await send({
      to: to(),
      type: 'poll',
      poll: { name: 'Which?', options: ['a', 'b', 'c'], selectableCount: 0 },
    })
    await Promise.all([own, poll].map(({ whatsappId }) => decrypted(whatsappId)))
    const theirs = await contactSends({ text: 'to be answered' })
    const { message } = (await eventOf('message.received', theirs)).data
    return {
      own,
      poll,
      theirs: { id: message.id, whatsappId: theirs },
      contact: CONTACT,
      // a chat of two goes to the LID when it is known, a group has its own way
      contactJid: place === 'a group' ? message.from.jid : (message.from.lid ?? message.from.jid),
    }
  }

  it.each(CASES.filter(({ sent }) => sent).map((one) => [label(one), one] as const))(
    'sends: %s',
    async (_label, one) => {
      const world = await worldFor(one)
      const isAnswer = ['reaction', 'edit', 'delete'].includes(one.type)
      const message = await send({ ...(isAnswer ? {} : { to: to() }), type: one.type, ...one.sent?.body(world) })
      const { content } = await decrypted(message.whatsappId)
      expect(content).toMatchObject(one.sent?.content(world) ?? {})
      await eventually('sent', async () =>
        ['sent', 'delivered', 'read'].includes((await api.get(`/v1/messages/${message.id}`)).status),
      )
    },
  )

  it.each(CASES.filter(({ received }) => received).map((one) => [label(one), one] as const))(
    'receives: %s',
    async (_label, one) => {
      const world = await worldFor(one)
      const id = await contactSends(one.received?.draft(world) ?? {})
      const { data } = await eventOf(one.received?.eventType ?? '', id)
      expect(data.message).toMatchObject({ type: one.type, ...one.received?.message(world) })
      expect(data.message).toMatchObject({
        from: { phone: CONTACT, kind: 'user' },
        chat: place === 'a group' ? { kind: 'group', jid: group } : { phone: CONTACT, kind: 'user' },
      })
      expect(await api.get(`/v1/messages/${data.message.id}`)).toMatchObject({ type: one.type })
    },
  )

  it('the message itself tells what became of it: reactions, votes, its new text, its deletion', async () => {
    const { own, poll, theirs } = await makeWorld()
    await contactSends({ reaction: { messageId: own.whatsappId, emoji: '🎉' } })
    await eventually('the reaction', async () => {
      const { reactions } = await api.get(`/v1/messages/${own.id}`)
      return reactions?.[0]?.emoji === '🎉' && reactions[0].from.phone === CONTACT
    })
    await contactSends({ vote: { pollId: poll.whatsappId, options: ['a', 'c'] } })
    const again = await contactSends({ vote: { pollId: poll.whatsappId, options: ['c'] } })
    expect((await eventOf('poll.voted', again)).data.poll).toEqual({
      messageId: poll.id,
      results: [{ option: 'c', votes: 1 }],
    })
    expect((await api.get(`/v1/messages/${poll.id}`)).poll.results).toEqual([
      { option: 'a', votes: 0 },
      { option: 'b', votes: 0 },
      { option: 'c', votes: 1 },
    ])
    await contactSends({ edit: { messageId: theirs.whatsappId, text: 'changed' } })
    await eventually('the edit', async () => (await api.get(`/v1/messages/${theirs.id}`)).text.body === 'changed')
    const edit = await send({ type: 'edit', edit: { messageId: own.id, text: { body: 'mine, changed' } } })
    await decrypted(edit.whatsappId)
    await eventually('our edit', async () => (await api.get(`/v1/messages/${own.id}`)).text.body === 'mine, changed')
    await contactSends({ revoke: { messageId: theirs.whatsappId } })
    await eventually('the deletion', async () => (await api.get(`/v1/messages/${theirs.id}`)).deletedAt !== null)
  })
})
