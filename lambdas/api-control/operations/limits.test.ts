import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Operation } from '../../../shared/contract/operation.ts'
import { operations } from '../../../shared/contract/operations.ts'
import { newId } from '../../../shared/core/ids.ts'
import { Tenants } from '../../../shared/store/tenants.ts'
import { startTestApi, type TestApi } from '../../testing/test-api.ts'

let api: TestApi

beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.stop())

const tenantWith = async (limits: Record<string, number>) => {
  const tenant = await api.newTenant()
  const row = (await new Tenants(api.tables).get(tenant.id))!
  await api.tables.core.put({ pk: `TENANT#${tenant.id}`, sk: 'META', ...row, limits })
  return tenant
}
const limitsOf = async (key: string) => (await api.call(key, 'GET', '/v1/limits')).body

describe('sessions', () => {
  it('concurrent creations never exceed the quota, and a deleted session makes room', async () => {
    const { key } = await tenantWith({ sessions: 3 })
    const create = () => api.call(key, 'POST', '/v1/sessions', { body: { name: 'x' } })
    const answers = await Promise.all(Array.from({ length: 8 }, create))
    const made = answers.filter(({ status }) => status === 201)
    expect(made).toHaveLength(3)
    const refused = answers.find(({ status }) => status !== 201)!
    expect(refused.body).toMatchObject({ code: 'quota_exceeded', detail: expect.stringContaining('3 test sessions') })
    expect((await limitsOf(key)).sessions).toEqual({ limit: 3, used: 3 })
    const removed = await api.call(key, 'DELETE', `/v1/sessions/${made[0]!.body.id}`)
    expect(removed.status).toBe(202)
    await api.call(key, 'DELETE', `/v1/sessions/${made[0]!.body.id}`)
    expect((await limitsOf(key)).sessions.used).toBe(2)
    expect((await create()).status).toBe(201)
  })

  it('a repeated creation counts once', async () => {
    const { key } = await api.newTenant()
    const headers = { 'Idempotency-Key': 'one' }
    for (let n = 0; n < 3; n++) await api.call(key, 'POST', '/v1/sessions', { body: { name: 'x' }, headers })
    expect((await limitsOf(key)).sessions).toMatchObject({ used: 1, limit: 1_000 })
  })
})

describe('webhook endpoints', () => {
  const create = (key: string, headers: Record<string, string> = {}) =>
    api.call(key, 'POST', '/v1/webhook-endpoints', { body: { url: 'https://example.com/hook' }, headers })

  it('concurrent creations never exceed the quota; a deleted one makes room once, a repeated creation counts once', async () => {
    const { key } = await tenantWith({ webhookEndpoints: 3 })
    const answers = await Promise.all(Array.from({ length: 8 }, () => create(key)))
    const made = answers.filter(({ status }) => status === 201)
    expect(made).toHaveLength(3)
    expect((await limitsOf(key)).webhookEndpoints).toEqual({ limit: 3, used: 3 })
    expect((await create(key)).body).toMatchObject({ code: 'quota_exceeded', detail: expect.stringContaining('3') })
    const remove = () => api.call(key, 'DELETE', `/v1/webhook-endpoints/${made[0]!.body.id}`)
    const removed = await Promise.all([remove(), remove(), remove()])
    expect(removed.map(({ status }) => status).sort()).toEqual([204, 404, 404])
    const headers = { 'Idempotency-Key': 'once' }
    const again = [await create(key, headers), await create(key, headers)]
    expect(again.map(({ status }) => status)).toEqual([201, 201])
    expect((await create(key)).status).toBe(429)
  })

  it('endpoints of before there was a counter count', async () => {
    const { key, scope } = await tenantWith({ webhookEndpoints: 2 })
    const made = [await create(key), await create(key)]
    await api.tables.core.remove({ pk: `${scope.prefix}QUOTA`, sk: 'ENDPOINTS' })
    expect((await create(key)).status).toBe(429)
    expect((await api.call(key, 'DELETE', `/v1/webhook-endpoints/${made[0]!.body.id}`)).status).toBe(204)
    expect([(await create(key)).status, (await create(key)).status]).toEqual([201, 429])
  })
})

describe('messages per day', () => {
  const body = (sessionId: string) => ({ sessionId, to: '+5511988887777', type: 'text', text: { body: 'x' } })

  it('exactly the quota is accepted; repeats cost nothing and are answered; the next day starts anew', async () => {
    const { key, scope } = await tenantWith({ messagesPerDay: 3 })
    const sessionId = await api.newSession(key)
    await api.setSession(scope, sessionId, 'connected')
    const send = (idempotencyKey: string) =>
      api.call(key, 'POST', '/v1/messages', {
        body: body(sessionId),
        headers: { 'Idempotency-Key': idempotencyKey },
      })
    expect((await send('a')).status).toBe(202)
    const [again, first] = [await send('a'), await send('a')]
    expect(again.body.id).toBe(first.body.id)
    expect([(await send('b')).status, (await send('c')).status]).toEqual([202, 202])
    const refused = await send('d')
    expect(refused.body.code).toBe('quota_exceeded')
    expect(Number(refused.headers['Retry-After'])).toBeGreaterThan(0)
    expect((await send('c')).status).toBe(202)
    const limits = await limitsOf(key)
    expect(limits.messagesPerDay).toMatchObject({ limit: 3, used: 3 })
    api.time.offsetMs += 24 * 3600_000
    expect((await send('d')).status).toBe(202)
  })
})

describe('limit.reached', () => {
  /** Control-plane events show once they are older than what may still be on its way. */
  const reached = async (key: string) => {
    api.time.offsetMs += 30_000
    const { body } = await api.call(key, 'GET', '/v1/events?limit=100')
    return body.data.filter(({ type }: { type: string }) => type === 'limit.reached')
  }

  it('a quota: one event per day however often it is refused, from however many environments', async () => {
    const { key, id } = await tenantWith({ sessions: 0, webhookEndpoints: 0 })
    const refuse = () => api.call(key, 'POST', '/v1/sessions', { body: { name: 'x' } })
    for (const { status } of await Promise.all(Array.from({ length: 6 }, refuse))) expect(status).toBe(429)
    const [event, ...more] = await reached(key)
    expect(more).toEqual([])
    expect(event).toMatchObject({
      tenantId: id,
      sessionId: null,
      sequence: null,
      data: { limit: { name: 'sessions', maximum: 0, keyId: null } },
    })
    expect(Date.parse(event.data.window.end) - Date.parse(event.data.window.start)).toBe(24 * 3600_000)
    expect(api.published.filter(({ eventId }) => eventId === event.id)).toHaveLength(1)
    await api.call(key, 'POST', '/v1/webhook-endpoints', { body: { url: 'https://example.com/x', events: ['*'] } })
    expect((await reached(key)).map(({ data }: { data: { limit: { name: string } } }) => data.limit.name)).toEqual([
      'sessions',
      'webhookEndpoints',
    ])
  })

  it('a new window tells it again', async () => {
    const { key } = await tenantWith({ sessions: 0 })
    const refuse = () => api.call(key, 'POST', '/v1/sessions', { body: { name: 'x' } })
    await refuse()
    api.time.offsetMs += 24 * 3600_000
    await refuse()
    await refuse()
    expect(await reached(key)).toHaveLength(2)
  })

  it.each([
    ['api-control', 'GET', '/v1/limits'],
    ['api-messages', 'GET', `/v1/messages/${newId('msg')}`],
    ['api-keys', 'GET', '/v1/tenant'],
    ['api-operations', 'GET', `/v1/operations/${newId('op')}`],
    ['api-stream', 'GET', `/v1/sessions/${newId('ses')}/stream`],
    ['api-test', 'POST', `/v1/test/sessions/${newId('ses')}/drop`],
  ])('a rate is told when %s alone refuses', async (name, method, path) => {
    const [operation] = Object.values(operations as Record<string, Operation>).filter(
      (one) => one.method === method && one.path.replace(/\{\w+\}/g, '') === path.replace(/\w+_[0-9A-Z]{26}/g, ''),
    )
    expect(operation?.function).toBe(name)
    const { key } = await tenantWith({ requestsPerSecond: 1, requestBurst: 2 })
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.call(key, method, path)))
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
    const events = await reached(key)
    expect(events.map(({ data }: { data: { limit: object } }) => data.limit)).toEqual([
      { name: 'requestsPerSecond', maximum: 1, keyId: null },
    ])
  })

  it('a rate: names the key and the hour; refused requests are still refused fast and alike', async () => {
    const { key, keyId } = await tenantWith({ keyRequestsPerSecond: 1, keyRequestBurst: 3 })
    const answers = await Promise.all(Array.from({ length: 12 }, () => api.call(key, 'GET', '/v1/limits')))
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
    const events = await reached(key)
    expect(events).toHaveLength(1)
    expect(events[0].data.limit).toEqual({ name: 'keyRequestsPerSecond', maximum: 1, keyId })
  })
})

describe('GET /v1/limits', () => {
  it('shows plan, rates and quotas of the key', async () => {
    const { key } = await tenantWith({ keyRequestsPerSecond: 7, sessions: 999_999_999 })
    expect(await limitsOf(key)).toMatchObject({
      plan: 'standard',
      mode: 'test',
      requests: { perSecond: 200, burst: 600 },
      keyRequests: { perSecond: 7, burst: 450 },
      sessions: { limit: 50_000, used: 0 },
      mediaBytes: { limit: 100 * 1024 ** 3, used: 0 },
      webhookEndpoints: { limit: 50, used: 0 },
      streams: { limit: 20, used: 0 },
      eventRetentionDays: 30,
    })
  })
})
