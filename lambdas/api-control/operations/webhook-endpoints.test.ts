import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deliveryIdOf, newId } from '../../../shared/core/ids.ts'
import { Deliveries } from '../../../shared/store/deliveries.ts'
import { Endpoints } from '../../../shared/store/endpoints.ts'
import { endpointSecretPlace } from '../../../shared/store/places.ts'
import { startTestApi, type TestApi } from '../../testing/test-api.ts'

let api: TestApi
let tenant: Awaited<ReturnType<TestApi['newTenant']>>

beforeAll(async () => {
  api = await startTestApi()
  tenant = await api.newTenant()
})
afterAll(() => api.stop())

const create = (body: Record<string, unknown>) => api.call(tenant.key, 'POST', '/v1/webhook-endpoints', { body })

describe('webhook endpoints', () => {
  it('give their secret once; at rest it is sealed to its endpoint', async () => {
    const made = await create({ url: 'https://example.com/hook', events: ['message.*', 'session.connected'] })
    expect(made.status).toBe(201)
    expect(made.body).toEqual({
      id: expect.stringMatching(/^whk_/),
      mode: 'test',
      url: 'https://example.com/hook',
      events: ['message.*', 'session.connected'],
      description: '',
      sessions: [],
      chats: [],
      payload: 'full',
      retry: 'standard',
      maxAgeSeconds: null,
      ratePerSecond: 50,
      ordering: 'none',
      signing: 'hmac',
      publicKeys: [],
      status: 'active',
      statusReason: null,
      createdAt: expect.any(String),
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    })
    const { secret, ...rest } = made.body
    expect((await api.call(tenant.key, 'GET', `/v1/webhook-endpoints/${made.body.id}`)).body).toEqual(rest)
    const row = (await new Endpoints(api.tables, tenant.scope).get(made.body.id))!
    expect(JSON.stringify(row)).not.toContain(secret.slice(6))
    expect(await api.tenantKeys.open(tenant.scope, endpointSecretPlace(row.id), row.secrets[0]!.sealed)).toBe(secret)
  })

  it.each([
    'not a url',
    'http://example.com/',
    'https://127.0.0.1/hook',
    'https://localhost/hook',
    'https://[::1]/hook',
    'https://169.254.169.254/latest/meta-data',
    'https://user:password@example.com/',
    'ftp://example.com',
  ])('refuse the url %s', async (url) => {
    const answer = await create({ url })
    expect([answer.status, answer.body.errors[0].path]).toEqual([400, 'url'])
  })

  it('refuse event types that do not exist', async () => {
    const answer = await create({ url: 'https://example.com', events: ['message.*', 'message.eaten', 'x.*'] })
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toEqual(['events.1', 'events.2'])
  })

  it('are changed, listed in pages, and removed', async () => {
    const other = await api.newTenant()
    const ids: string[] = []
    for (let i = 0; i < 3; i++)
      ids.push(
        (await api.call(other.key, 'POST', '/v1/webhook-endpoints', { body: { url: `https://example.com/${i}` } })).body
          .id,
      )
    const path = `/v1/webhook-endpoints/${ids[0]}`
    expect((await api.call(other.key, 'PATCH', path, { body: { description: 'new' } })).body.description).toBe('new')
    expect((await api.call(other.key, 'PATCH', path, { body: { url: 'http://10.0.0.1' } })).status).toBe(400)
    const first = (await api.call(other.key, 'GET', '/v1/webhook-endpoints?limit=2')).body
    const second = (await api.call(other.key, 'GET', `/v1/webhook-endpoints?limit=2&cursor=${first.nextCursor}`)).body
    const listed = [...first.data, ...second.data].map((endpoint: { id: string }) => endpoint.id)
    expect(listed.sort()).toEqual([...ids].sort())
    expect(second).toMatchObject({ hasMore: false, nextCursor: null })
    expect((await api.call(other.key, 'DELETE', path)).status).toBe(204)
    expect((await api.call(other.key, 'DELETE', path)).status).toBe(404)
    expect((await api.call(other.key, 'GET', path)).body.detail).toBe('No webhook endpoint with this id.')
  })

  it('show the ledger of their deliveries', async () => {
    const { id } = (await create({ url: 'https://example.com/ledger' })).body
    const deliveries = new Deliveries(api.tables, tenant.scope)
    for (const status of ['delivered', 'held', 'delivered'] as const) {
      const eventId = newId('evt')
      await deliveries.create({
        v: 1,
        tenantId: tenant.id,
        mode: 'test',
        id: deliveryIdOf(eventId, id, 1),
        endpointId: id,
        eventId,
        eventType: 'message.received',
        sessionId: null,
        sequence: null,
        day: '2026-11-21',
        generation: 1,
        status,
        attempts: 1,
        nextAttemptAt: null,
        leaseUntil: null,
        lastError: null,
        lastStatus: 200,
        createdAt: Date.now(),
        completedAt: Date.now(),
      })
    }
    const list = async (query: string) =>
      (await api.call(tenant.key, 'GET', `/v1/webhook-endpoints/${id}/deliveries?${query}`)).body
    expect((await list('')).data).toHaveLength(3)
    const page = await list('status=delivered&limit=1')
    expect(page.data).toMatchObject([
      { endpointId: id, status: 'delivered', attempts: 1, lastStatus: 200, nextAttemptAt: null },
    ])
    const rest = await list(`status=delivered&limit=1&cursor=${page.nextCursor}`)
    expect(rest.data).toHaveLength(1)
    expect(rest.data[0].id).not.toBe(page.data[0].id)
    expect((await list('status=lost')).errors[0].path).toBe('status')
  })
})
