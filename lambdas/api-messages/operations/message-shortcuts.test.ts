import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../../shared/core/ids.ts'
import { Messages } from '../../../shared/store/messages.ts'
import { messageContentPlace } from '../../../shared/store/places.ts'
import { startTestApi, type TestApi } from '../../testing/test-api.ts'

let api: TestApi
let tenant: Awaited<ReturnType<TestApi['newTenant']>>
let sessionId: string
const THEIRS = '+5511988887777'
const OTHER = '+5511977776666'

beforeAll(async () => {
  api = await startTestApi()
  tenant = await api.newTenant()
  sessionId = await api.newSession(tenant.key)
  await api.setSession(tenant.scope, sessionId, 'connected')
})
afterAll(() => api.stop())

const call = (method: string, path: string, body?: unknown, key?: string) =>
  api.call(tenant.key, method, path, { body, headers: key ? { 'Idempotency-Key': key } : {} })
const sendText = async (body = 'Hello') =>
  (await call('POST', '/v1/messages', { sessionId, to: THEIRS, type: 'text', text: { body } })).body
/** A message that came in, with this content. */
const receive = async (type: string, content: Record<string, unknown>): Promise<string> => {
  const messages = new Messages(api.tables, tenant.scope)
  const id = newId('msg')
  await messages.putInbound({
    ...(await messages.get((await sendText()).id))!,
    id,
    direction: 'inbound',
    status: 'received',
    type,
    openKey: null,
    content: await api.tenantKeys.seal(tenant.scope, messageContentPlace(id), content),
  })
  return id
}

describe('what is done to a message by its address is the request that POST /v1/messages takes', () => {
  it.each([
    ['PATCH', '', { text: { body: 'Better' } }, 'edit', { text: { body: 'Better' } }],
    ['DELETE', '', undefined, 'delete', {}],
    ['PUT', '/reactions', { emoji: '👍' }, 'reaction', { emoji: '👍' }],
    ['DELETE', '/reactions', undefined, 'reaction', { emoji: null }],
  ] as const)('%s /v1/messages/{id}%s', async (method, path, body, type, part) => {
    const { id, whatsappId } = await sendText()
    const key = newId('req')
    const answer = await call(method, `/v1/messages/${id}${path}`, body, key)
    expect([answer.status, answer.headers.Location]).toEqual([202, `/v1/messages/${answer.body.id}`])
    expect(answer.body).toMatchObject({
      type,
      [type]: { messageId: id, whatsappId, ...part },
      to: { phone: THEIRS },
      status: 'queued',
    })
    const inFull = { sessionId, type, [type]: { messageId: id, ...part } }
    expect((await call('POST', '/v1/messages', inFull, key)).body).toEqual(answer.body)
    expect((await call(method, `/v1/messages/${id}${path}`, body, key)).body.id).toBe(answer.body.id)
  })

  it('refuses what that refuses, with its codes', async () => {
    const theirs = await receive('text', { text: { body: 'Hi' } })
    expect((await call('PATCH', `/v1/messages/${theirs}`, { text: { body: 'x' } })).body.code).toBe(
      'message_not_editable',
    )
    expect((await call('DELETE', `/v1/messages/${theirs}`)).body.code).toBe('message_not_deletable')
    const reaction = (await call('PUT', `/v1/messages/${theirs}/reactions`, { emoji: '👍' })).body.id
    expect((await call('PUT', `/v1/messages/${reaction}/reactions`, { emoji: '👍' })).body.code).toBe(
      'message_not_found',
    )
    const nothing = await call('PUT', `/v1/messages/${theirs}/reactions`, { emoji: 'no' })
    expect([nothing.status, nothing.body.errors[0].path]).toEqual([400, 'emoji'])
  })
})

describe('POST /v1/messages/{id}/forward', () => {
  it.each([
    ['text', { text: { body: 'Hi', linkPreview: null }, mentions: [{ kind: 'user' }], replyTo: { messageId: 'm' } }],
    ['location', { location: { latitude: 1, longitude: 2, name: 'There', address: null } }],
    ['contacts', { contacts: [{ name: 'Ben', phones: ['+5511966665555'], emails: [], organization: null }] }],
    ['poll', { poll: { name: 'Lunch?', options: ['yes', 'no'], selectableCount: 0, results: [] } }],
  ])('%s: what came in goes on as it is, shown as forwarded, without quote and mentions', async (type, content) => {
    const answer = await call('POST', `/v1/messages/${await receive(type, content)}/forward`, { to: OTHER })
    expect(answer.status).toBe(202)
    const { body } = answer
    expect(body).toMatchObject({ type, forwarded: true, to: { phone: OTHER }, direction: 'outbound' })
    expect([body.mentions, body.replyTo]).toEqual([undefined, undefined])
    const plain = (value: unknown) => JSON.parse(JSON.stringify(value, (_name, field) => field ?? undefined))
    const { results: _results, ...wanted } = plain((content as Record<string, object>)[type])
    expect(body[type]).toMatchObject(type === 'contacts' ? plain((content as { contacts?: unknown }).contacts) : wanted)
  })

  it('makes one message with an Idempotency-Key, whatever became of the first one since', async () => {
    const { id } = await sendText('once')
    const key = newId('req')
    const first = await call('POST', `/v1/messages/${id}/forward`, { to: OTHER }, key)
    await new Messages(api.tables, tenant.scope).markDeleted(id, Date.now())
    expect((await call('POST', `/v1/messages/${id}/forward`, { to: OTHER }, key)).body).toEqual(first.body)
    const another = await call('POST', `/v1/messages/${id}/forward`, { to: THEIRS }, key)
    expect(another.body.code).toBe('idempotency_key_reused')
    expect((await call('POST', `/v1/messages/${id}/forward`, { to: OTHER })).body.code).toBe('message_not_forwardable')
  })

  it.each([
    ['what may be seen once', 'image', { image: { mediaId: 'med_x', viewOnce: true } }],
    ['what was never read', 'undecryptable', { undecryptable: { reason: 'no_session' } }],
    ['a reaction', 'reaction', { reaction: { messageId: null, emoji: '👍' } }],
    ['a poll as only others make it', 'poll', { poll: { name: '?', options: ['yes'], selectableCount: 0 } }],
  ])('%s is refused', async (_name, type, content) => {
    const answer = await call('POST', `/v1/messages/${await receive(type, content)}/forward`, { to: OTHER })
    expect([answer.status, answer.body.code]).toEqual([409, 'message_not_forwardable'])
  })

  it('a file that is not kept any more is told before anything is sent', async () => {
    const mediaId = newId('med')
    const answer = await call('POST', `/v1/messages/${await receive('image', { image: { mediaId } })}/forward`, {
      to: OTHER,
    })
    expect(answer.body.code).toBe('media_not_found')
  })
})
