import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../../shared/core/ids.ts'
import { Messages } from '../../../shared/store/messages.ts'
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

const text = (body: string, to: unknown = ANA) => ({ sessionId, to, type: 'text', text: { body } })
const send = (messages: unknown, idempotencyKey?: string, key = tenant.key) =>
  api.call(key, 'POST', '/v1/messages/batch', {
    body: { messages },
    headers: idempotencyKey ? { 'Idempotency-Key': idempotencyKey } : {},
  })
const openIds = async (of = sessionId) =>
  (await new Messages(api.tables, tenant.scope).listOpen(of, { limit: 300 })).rows.map((row) => row.messageId)
interface Result {
  index: number
  status: number
  message: { id: string; text: { body: string } } | null
  error: { code: string; errors?: unknown } | null
}
const idsOf = (results: Result[]) => results.map(({ message }) => message?.id)

describe('POST /v1/messages/batch', () => {
  it('100 items: one result each in their order, chats keep theirs, one ring', async () => {
    const worker = await api.giveToWorker(tenant.scope, sessionId)
    const items = Array.from({ length: 100 }, (_, index) => text(`${index}`, index % 2 ? ANA : BIA))
    const answer = await send(items)
    expect(answer.status).toBe(200)
    const results: Result[] = answer.body.data
    expect(results.map(({ index, status, error }) => [index, status, error])).toEqual(
      items.map((_, index) => [index, 202, null]),
    )
    expect(results.map(({ message }) => message?.text.body)).toEqual(items.map((item) => item.text.body))
    expect(await openIds()).toEqual(idsOf(results))
    expect(await api.drain(worker.queueUrl)).toHaveLength(1)
  })

  it('what is wrong with one item is told of that item; the others stand', async () => {
    const loggedOut = await newSession()
    await api.setSession(tenant.scope, loggedOut, 'loggedOut')
    const answer = await send([
      text('good'),
      text('bad number', '123'),
      { ...text('unknown field'), colour: 'red' },
      'not an object',
      { ...text('of nobody'), sessionId: newId('ses') },
      { ...text('not linked'), sessionId: loggedOut },
      { ...text('too late'), expiresAt: '2020-01-01T00:00:00Z' },
      text('good too'),
    ])
    expect(answer.status).toBe(200)
    const results: Result[] = answer.body.data
    expect(results.map(({ status, error }) => [status, error?.code ?? null])).toEqual([
      [202, null],
      [400, 'validation_failed'],
      [400, 'validation_failed'],
      [400, 'validation_failed'],
      [404, 'not_found'],
      [409, 'session_not_linked'],
      [400, 'validation_failed'],
      [202, null],
    ])
    expect(results[1]?.error?.errors).toEqual([{ path: 'to', message: expect.stringContaining('phone number') }])
    expect(results[2]?.error?.errors).toEqual([{ path: 'colour', message: 'Unknown field' }])
    expect(await openIds()).toEqual([results[0]?.message?.id, results[7]?.message?.id])
  })

  it('the same batch again, also while the first is under way, makes nothing new', async () => {
    const key = newId('req')
    const items = Array.from({ length: 20 }, (_, index) => text(`again ${index}`))
    const answers = await Promise.all([send(items, key), send(items, key), send(items, key)])
    for (const answer of answers) expect(idsOf(answer.body.data)).toEqual(idsOf(answers[0]!.body.data))
    expect(await openIds()).toEqual(idsOf(answers[0]!.body.data))
  })

  it('a chat keeps its order whichever of two concurrent requests wrote what', async () => {
    const key = newId('req')
    const items = Array.from({ length: 4 }, (_, index) => text(`in order ${index}`))
    // A later request wrote the first two while an earlier one was at its second: its clock stands before theirs.
    api.time.offsetMs += 5_000
    const later = await send(items.slice(0, 2), key)
    api.time.offsetMs -= 800
    const earlier = await send(items, key)
    api.time.offsetMs += 800
    expect(idsOf(earlier.body.data).slice(0, 2)).toEqual(idsOf(later.body.data))
    expect(await openIds()).toEqual(idsOf(earlier.body.data))
  })

  it('a repeated batch goes on where the first broke off', async () => {
    const key = newId('req')
    const items = [text('one'), text('two'), text('three')]
    const part = await send(items.slice(0, 2), key)
    const whole = await send(items, key)
    expect(idsOf(whole.body.data).slice(0, 2)).toEqual(idsOf(part.body.data))
    expect(await openIds()).toEqual(idsOf(whole.body.data))
    const other = await send([items[0], text('something else')], key)
    expect(other.body.data.map(({ status, error }: Result) => [status, error?.code ?? null])).toEqual([
      [202, null],
      [422, 'idempotency_key_reused'],
    ])
  })

  it('the quota counts items: what is beyond it is refused, item by item', async () => {
    const small = await api.newTenant()
    await api.call(api.adminKey, 'PATCH', `/v1/tenants/${small.id}`, { body: { limits: { messagesPerDay: 3 } } })
    const id = await api.newSession(small.key)
    await api.setSession(small.scope, id, 'connected')
    api.time.offsetMs += 60_000
    const answer = await send(
      Array.from({ length: 5 }, (_, index) => ({ ...text(`${index}`), sessionId: id })),
      undefined,
      small.key,
    )
    const statuses = answer.body.data.map(({ status }: Result) => status)
    expect(statuses).toEqual([202, 202, 202, 429, 429])
    expect(answer.body.data[3].error).toMatchObject({ code: 'quota_exceeded', retryable: true })
  })

  it('a key of one session sends from that session only', async () => {
    const bound = await api.call(tenant.key, 'POST', '/v1/keys', {
      body: { name: 'bound', scopes: ['messages:send'], sessionId },
    })
    const other = await newSession()
    const answer = await send([text('mine'), { ...text('not mine'), sessionId: other }], undefined, bound.body.key)
    expect(answer.body.data.map(({ status }: Result) => status)).toEqual([202, 404])
    expect(await openIds(other)).toEqual([])
  })

  it.each([
    ['no items', []],
    ['101 items', Array.from({ length: 101 }, () => ({}))],
    ['no list', { '0': 'x' }],
  ])('400 for %s', async (_, messages) => {
    const answer = await send(messages)
    expect([answer.status, answer.body.code]).toEqual([400, 'validation_failed'])
  })

  it('413 for more than 1 MB, nothing written', async () => {
    const answer = await send(Array.from({ length: 20 }, () => text('x'.repeat(60_000))))
    expect([answer.status, answer.body.code]).toEqual([413, 'payload_too_large'])
    expect(await openIds()).toEqual([])
  })
})
