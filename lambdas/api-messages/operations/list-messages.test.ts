import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { contactIdOf, newId } from '../../../shared/core/ids.ts'
import { Contacts } from '../../../shared/store/contacts.ts'
import { Messages } from '../../../shared/store/messages.ts'
import { messageContentPlace } from '../../../shared/store/places.ts'
import { type MessagingTenant, startMessagingTenant } from '../../testing/messaging-tenant.ts'

let api: MessagingTenant['api']
let tenant: MessagingTenant['tenant']
let newSession: MessagingTenant['newSession']
let sessionId: string
const ANA = '+5511988887777'
const BIA = '+5511977776666'

beforeAll(async () => {
  ;({ api, tenant, newSession } = await startMessagingTenant())
})
beforeEach(async () => {
  sessionId = await newSession()
})
afterAll(() => api.stop())

const send = async (to: string, more: Record<string, unknown> = {}): Promise<string> => {
  api.time.offsetMs += 10
  const body = { sessionId, to, type: 'text', text: { body: 'Hello' }, ...more }
  return (await api.call(tenant.key, 'POST', '/v1/messages', { body })).body.id
}
const search = (query: Record<string, string>, key = tenant.key) =>
  api.call(key, 'GET', `/v1/messages?${new URLSearchParams(query)}`)
const idsOf = async (query: Record<string, string>) =>
  (await search(query)).body.data.map(({ id }: { id: string }) => id)

/** A message from them, filed under the contact that they were then. */
const receive = async (contactId: string): Promise<string> => {
  const mine = await new Messages(api.tables, tenant.scope).get(await send(ANA))
  const id = newId('msg')
  const chat = { contactId, phone: null, lid: '7788990011@lid', jid: '7788990011@lid', kind: 'user' as const }
  await new Messages(api.tables, tenant.scope).putInbound({
    ...mine!,
    id,
    direction: 'inbound',
    status: 'received',
    chat,
    from: chat,
    createdAt: mine!.createdAt + 1,
    openKey: null,
    content: await api.tenantKeys.seal(tenant.scope, messageContentPlace(id), { text: { body: 'Hi' } }),
  })
  return id
}

describe('GET /v1/messages', () => {
  it('by chat, however it is written', async () => {
    const toAna = await send(ANA)
    await send(BIA)
    const { contactId } = (await api.call(tenant.key, 'GET', `/v1/messages/${toAna}`)).body.chat
    for (const chat of [ANA, '5511988887777', '5511988887777@s.whatsapp.net', '5511988887777@c.us', contactId])
      expect(await idsOf({ sessionId, chat })).toEqual([toAna])
    expect(await idsOf({ sessionId, chat: '+5511900000000' })).toEqual([])
    expect(await idsOf({ sessionId, chat: newId('con') })).toEqual([])
  })

  it('by time: from since on, before until', async () => {
    const ids = [await send(ANA), await send(ANA), await send(ANA)]
    const times: string[] = []
    for (const id of ids) times.push((await api.call(tenant.key, 'GET', `/v1/messages/${id}`)).body.createdAt)
    expect(await idsOf({ sessionId, since: times[1]! })).toEqual([ids[2], ids[1]])
    expect(await idsOf({ sessionId, until: times[1]! })).toEqual([ids[0]])
    expect(await idsOf({ sessionId, since: times[1]!, until: times[2]! })).toEqual([ids[1]])
  })

  it('by status, of a session and of the whole tenant', async () => {
    const sendAt = new Date(Date.now() + api.time.offsetMs + 3_600_000).toISOString()
    const scheduled = [await send(ANA, { sendAt }), await send(BIA, { sendAt })]
    const queued = await send(ANA)
    await api.call(tenant.key, 'POST', `/v1/messages/${scheduled[0]}/cancel`)
    expect(await idsOf({ sessionId, status: 'scheduled' })).toEqual([scheduled[1]])
    expect(await idsOf({ sessionId, status: 'canceled' })).toEqual([scheduled[0]])
    expect(await idsOf({ sessionId, status: 'queued' })).toEqual([queued])
    expect((await idsOf({ status: 'canceled' }))[0]).toBe(scheduled[0])
    expect((await idsOf({ status: 'scheduled' }))[0]).toBe(scheduled[1])
  })

  it('a person whose two addresses turned out to be one has one chat; somebody else with an old number has not', async () => {
    const early = await receive(contactIdOf(sessionId, '7788990011@lid'))
    const contacts = new Contacts(api.tables, tenant.scope, sessionId)
    await contacts.meet({ phone: null, lid: '7788990011@lid' }, Date.now())
    await contacts.meet({ phone: ANA, lid: null }, Date.now())
    const before = await idsOf({ sessionId, chat: ANA })
    expect(before).not.toContain(early)
    await contacts.meet({ phone: ANA, lid: '7788990011@lid' }, Date.now())
    for (const chat of [ANA, '7788990011@lid', contactIdOf(sessionId, '7788990011@lid')])
      expect(await idsOf({ sessionId, chat })).toEqual([early, ...before])
  })

  it('a cursor goes on in the same search only', async () => {
    for (let count = 0; count < 3; count++) await send(ANA)
    const query = { sessionId, chat: ANA, limit: '2' }
    const first = await search(query)
    expect(first.body).toMatchObject({ hasMore: true })
    const second = await search({ ...query, cursor: first.body.nextCursor })
    expect([second.body.data.length, second.body.hasMore, second.body.nextCursor]).toEqual([1, false, null])
    const others: Record<string, string>[] = [{ chat: BIA }, { status: 'queued' }, { since: '2026-01-01T00:00:00Z' }]
    for (const other of others)
      expect((await search({ ...query, ...other, cursor: first.body.nextCursor })).body.code).toBe('invalid_cursor')
  })

  it.each([
    [{ chat: ANA }, 'sessionId'],
    [{ sessionId: 'mine', chat: 'Ana' }, 'chat'],
    [{ sessionId: 'mine', chat: '123@example.com' }, 'chat'],
    [{ since: 'yesterday' }, 'since'],
    [{ since: '2026-02-01T00:00:00Z', until: '2026-01-01T00:00:00Z' }, 'since'],
    [{ status: 'lost' }, 'status'],
  ] as [Record<string, string>, string][])('400 for %j', async (query, path) => {
    const answer = await search('sessionId' in query ? { ...query, sessionId } : query)
    expect([answer.status, answer.body.code, answer.body.errors[0].path]).toEqual([400, 'validation_failed', path])
  })

  it('a key of one session searches that session, without naming it', async () => {
    const id = await send(ANA)
    const bound = await api.call(tenant.key, 'POST', '/v1/keys', {
      body: { name: 'bound', scopes: ['messages:read'], sessionId },
    })
    expect((await search({ chat: ANA }, bound.body.key)).body.data[0].id).toBe(id)
  })
})
