import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { contactIdOf, newId } from '../../../shared/core/ids.ts'
import { openInput } from '../../../shared/crypto/operation-answers.ts'
import { Messages } from '../../../shared/store/messages.ts'
import { OperationRows } from '../../../shared/store/operation-rows.ts'
import { messageContentPlace } from '../../../shared/store/places.ts'
import type { MessageRow } from '../../../shared/store/rows/message.ts'
import { BLANK_MESSAGE } from '../../../shared/store/testing/blank-message.ts'
import { startTestApi, type TestApi } from '../../testing/test-api.ts'

let api: TestApi
let tenant: Awaited<ReturnType<TestApi['newTenant']>>
let sessionId: string
let messages: Messages
let count = 0
const ANA = '5511988887777@s.whatsapp.net'

beforeAll(async () => {
  api = await startTestApi()
  tenant = await api.newTenant()
  messages = new Messages(api.tables, tenant.scope)
})
beforeEach(async () => {
  api.time.offsetMs += 1_000
  sessionId = await api.newSession(tenant.key)
  await api.setSession(tenant.scope, sessionId, 'connected')
  await api.giveToWorker(tenant.scope, sessionId)
})
afterAll(() => api.stop())

const receive = async (jid = ANA, more: Partial<MessageRow> = {}): Promise<string> => {
  const id = newId('msg')
  const chat = { contactId: contactIdOf(sessionId, jid), phone: null, lid: null, jid, kind: 'user' as const }
  await messages.putInbound({
    v: 1,
    tenantId: tenant.id,
    mode: 'test',
    id,
    sessionId,
    direction: 'inbound',
    type: 'text',
    status: 'received',
    chat,
    from: chat,
    to: chat,
    content: await api.tenantKeys.seal(tenant.scope, messageContentPlace(id), { text: { body: 'Hi' } }),
    ...BLANK_MESSAGE,
    whatsappId: `WA${count}`,
    createdAt: Date.now() + count++,
    ...more,
  })
  return id
}
const mark = (id: string, body: object = {}, headers: Record<string, string> = {}) =>
  api.call(tenant.key, 'POST', `/v1/messages/${id}/read`, { body, headers: { Prefer: 'wait=0', ...headers } })
const asked = async (operationId: string) => {
  const row = await new OperationRows(api.tables, tenant.scope).get(operationId)
  return (await openInput(api.tenantKeys, tenant.scope, operationId, row!.input)) as {
    messages: { messageId: string; chatJid: string; participantJid: string | null }[]
    hasMore: boolean
  }
}

it('hands one message to the worker, and waits up to a day for it', async () => {
  const [id] = [await receive(), await receive()]
  const answer = await mark(id!)
  expect(answer).toMatchObject({ status: 202, body: { kind: 'markMessageRead', status: 'pending', sessionId } })
  expect(Date.parse(answer.body.expiresAt) - Date.parse(answer.body.createdAt)).toBe(86_400_000)
  expect(await asked(answer.body.id)).toMatchObject({
    messages: [{ messageId: id, chatJid: ANA, participantJid: null }],
    hasMore: false,
  })
})

it('up to: what is older and unread in the same chat, newest first; nothing newer, read, sent or of another chat', async () => {
  const first = await receive()
  const read = await receive(ANA, { readAt: 1 })
  await receive('5511977776666@s.whatsapp.net')
  await api.call(tenant.key, 'POST', '/v1/messages', {
    body: { sessionId, to: ANA, type: 'text', text: { body: 'mine' } },
  })
  const second = await receive()
  const target = await receive()
  const newer = await receive()
  const answer = await mark(target, { upTo: true })
  const ids = (await asked(answer.body.id)).messages.map(({ messageId }) => messageId)
  expect(ids).toEqual([target, second, first])
  expect(ids).not.toContain(read)
  expect(ids).not.toContain(newer)
})

it('up to: at most 256, and says that there are more', async () => {
  for (let made = 0; made < 260; made += 20) await Promise.all(Array.from({ length: 20 }, () => receive()))
  const answer = await mark(await receive(), { upTo: true })
  const input = await asked(answer.body.id)
  expect(input.messages).toHaveLength(256)
  expect(input.hasMore).toBe(true)
})

it('in a group names who wrote each message', async () => {
  const group = { contactId: null, phone: null, lid: null, jid: '120363012345678901@g.us', kind: 'group' as const }
  const id = await receive(ANA, { chat: group, to: group })
  expect((await asked((await mark(id)).body.id)).messages).toMatchObject([
    { messageId: id, chatJid: group.jid, participantJid: ANA },
  ])
})

it('a repeated request is the same operation, whatever came in meanwhile', async () => {
  await receive()
  const id = await receive()
  const headers = { 'Idempotency-Key': newId('req') }
  const first = await mark(id, { upTo: true }, headers)
  await messages.markRead(id, 1)
  expect((await mark(id, { upTo: true }, headers)).body.id).toBe(first.body.id)
  expect((await mark(id, {}, headers)).body.code).toBe('idempotency_key_reused')
})

it('409 for a message of ours, and while the session sends no receipts', async () => {
  const sent = await api.call(tenant.key, 'POST', '/v1/messages', {
    body: { sessionId, to: ANA, type: 'text', text: { body: 'mine' } },
  })
  expect(await mark(sent.body.id)).toMatchObject({ status: 409, body: { code: 'message_not_received' } })
  const patched = await api.call(tenant.key, 'PATCH', `/v1/sessions/${sessionId}`, { body: { readReceipts: 'never' } })
  expect(patched.body.readReceipts).toBe('never')
  expect(await mark(await receive())).toMatchObject({ status: 409, body: { code: 'read_receipts_off' } })
})

it('what we told as read shows when', async () => {
  const id = await receive()
  await messages.markRead(id, Date.parse('2026-11-21T10:00:00.000Z'))
  await messages.markRead(id, Date.parse('2026-11-22T10:00:00.000Z'))
  expect((await api.call(tenant.key, 'GET', `/v1/messages/${id}`)).body).toMatchObject({
    status: 'received',
    readAt: '2026-11-21T10:00:00.000Z',
  })
})
