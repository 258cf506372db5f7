import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../../shared/core/ids.ts'
import { startTestApi, type TestApi } from '../../testing/test-api.ts'

let api: TestApi
let tenant: Awaited<ReturnType<TestApi['newTenant']>>

beforeAll(async () => {
  api = await startTestApi()
  tenant = await api.newTenant()
})
afterAll(() => api.stop())

const makeKey = (fields: Record<string, unknown>, key = tenant.key) =>
  api.call(key, 'POST', '/v1/keys', { body: { name: 'k', scopes: ['*'], ...fields } })

describe('tenants', () => {
  it('are created, read and listed by the platform', async () => {
    const made = await api.call(api.adminKey, 'POST', '/v1/tenants', {
      body: { name: 'Acme', plan: 'standard', metadata: { crm: '42' } },
    })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      id: expect.stringMatching(/^ten_/),
      name: 'Acme',
      plan: 'standard',
      status: 'active',
      metadata: { crm: '42' },
      createdAt: expect.any(String),
    })
    expect((await api.call(api.adminKey, 'GET', `/v1/tenants/${made.body.id}`)).body).toEqual(made.body)
    expect((await api.call(api.adminKey, 'GET', '/v1/tenants?limit=1')).body.data).toEqual([made.body])
  })

  it('answer 404 to unknown ids', async () => {
    for (const id of [newId('ten'), 'x']) {
      expect((await api.call(api.adminKey, 'GET', `/v1/tenants/${id}`)).body.detail).toBe('No tenant with this id.')
      const body = { name: 'k', mode: 'test', scopes: ['*'] }
      expect((await api.call(api.adminKey, 'POST', `/v1/tenants/${id}/keys`, { body })).status).toBe(404)
    }
  })

  it('know themselves', async () => {
    expect((await api.call(tenant.key, 'GET', '/v1/tenant')).body).toMatchObject({ id: tenant.id, mode: 'test' })
  })
})

describe('keys', () => {
  it('show their text once and never again', async () => {
    const made = await makeKey({ scopes: ['messages:send'] })
    expect(made.status).toBe(201)
    expect(made.body.key).toMatch(/^flk_test_/)
    expect(made.body.key.startsWith(made.body.start)).toBe(true)
    const { key: _text, ...rest } = made.body
    expect((await api.call(tenant.key, 'GET', `/v1/keys/${made.body.id}`)).body).toEqual(rest)
    const stored = await api.tables.core.query({
      key: { expression: '#pk = :pk', values: { ':pk': `${tenant.scope.prefix}KEYS` } },
    })
    expect(JSON.stringify(stored.items)).not.toContain(made.body.key.slice(13))
  })

  it('do what their scopes say: 403 for operations, the 404 of an unknown id for reads', async () => {
    const { key } = (await makeKey({ scopes: ['messages:send'] })).body
    expect((await api.call(key, 'GET', '/v1/sessions')).body.code).toBe('forbidden')
    expect((await api.call(key, 'POST', '/v1/sessions', { body: { name: 'x' } })).body.detail).toContain(
      'sessions:manage',
    )
    const sessionId = await api.newSession(tenant.key)
    const theirs = await api.call(key, 'GET', `/v1/sessions/${sessionId}`)
    const unknown = await api.call(tenant.key, 'GET', `/v1/sessions/${newId('ses')}`)
    expect({ ...theirs.body, requestId: 0 }).toEqual({ ...unknown.body, requestId: 0 })
  })

  it('bound to a session see that session only', async () => {
    const [mine, other] = [await api.newSession(tenant.key), await api.newSession(tenant.key)]
    const { key } = (await makeKey({ sessionId: mine })).body
    expect((await api.call(key, 'GET', `/v1/sessions/${mine}`)).status).toBe(200)
    expect((await api.call(key, 'GET', `/v1/sessions/${other}`)).status).toBe(404)
    expect((await api.call(key, 'GET', '/v1/sessions')).body.data).toMatchObject([{ id: mine }])
    expect((await api.call(key, 'POST', '/v1/sessions', { body: { name: 'x' } })).status).toBe(403)
    expect((await api.call(key, 'GET', '/v1/webhook-endpoints')).status).toBe(403)
    expect((await api.call(key, 'GET', '/v1/events')).status).toBe(200)
  })

  it('stop working when revoked, in a warm process after at most 30 seconds', async () => {
    const { key, id } = (await makeKey({})).body
    expect((await api.call(key, 'GET', '/v1/tenant')).status).toBe(200)
    expect((await api.call(tenant.key, 'DELETE', `/v1/keys/${id}`)).status).toBe(204)
    expect((await api.call(tenant.key, 'DELETE', `/v1/keys/${id}`)).status).toBe(204)
    api.time.offsetMs += 30_001
    const answer = await api.call(key, 'GET', '/v1/tenant')
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthorized'])
    expect((await api.call(tenant.key, 'GET', `/v1/keys/${id}`)).body.revokedAt).not.toBeNull()
  })

  it('stop working when they expire', async () => {
    const expiresAt = new Date(Date.now() + api.time.offsetMs + 60_000).toISOString()
    const { key } = (await makeKey({ expiresAt })).body
    expect((await api.call(key, 'GET', '/v1/tenant')).status).toBe(200)
    api.time.offsetMs += 60_001
    expect((await api.call(key, 'GET', '/v1/tenant')).body.detail).toContain('expired')
  })

  it('work from the allowed addresses only', async () => {
    const { key } = (await makeKey({ ipAllow: ['203.0.113.0/24', '2001:db8::1'] })).body
    for (const [sourceIp, status] of [
      ['203.0.113.9', 200],
      ['2001:db8::1', 200],
      ['198.51.100.1', 403],
    ] as const)
      expect((await api.call(key, 'GET', '/v1/tenant', { sourceIp })).status).toBe(status)
  })

  it.each([
    ['mode', { mode: 'live' }],
    ['scopes', { scopes: ['*'] }],
    ['scopes', { scopes: ['sessions:manage'] }],
    ['expiresAt', { expiresAt: null }],
    ['ipAllow', { ipAllow: [] }],
    ['ipAllow', { ipAllow: ['0.0.0.0/0'] }],
  ])('can only make keys below themselves (%s: %j)', async (field, more) => {
    const expiresAt = new Date(Date.now() + api.time.offsetMs + 3600_000).toISOString()
    const limits = { scopes: ['keys:manage', 'messages:send'], expiresAt, ipAllow: ['203.0.113.0/24'] }
    const parent = (await makeKey(limits)).body.key
    expect((await makeKey({ ...limits, ipAllow: ['203.0.113.7'] }, parent)).status).toBe(201)
    const answer = await makeKey({ ...limits, ...more }, parent)
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([403, 'forbidden', field])
  })

  it('name every problem of a request', async () => {
    const answer = await makeKey({ ipAllow: ['here'], expiresAt: '2020-01-01T00:00:00Z', sessionId: newId('ses') })
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toEqual([
      'ipAllow.0',
      'expiresAt',
      'sessionId',
    ])
    expect((await makeKey({ scopes: ['everything'] })).body.errors[0].path).toBe('scopes.0')
  })
})

describe('deployment and tenant state', () => {
  it('a live key gets 503 where live mode is off, and 403 in test helpers everywhere', async () => {
    const closed = await startTestApi({ liveModeEnabled: false })
    try {
      const live = await closed.newTenant('live')
      const answer = await closed.call(live.key, 'GET', '/v1/sessions')
      expect([answer.status, answer.body.code]).toEqual([503, 'live_mode_disabled'])
      const helper = await closed.call(live.key, 'POST', `/v1/test/sessions/${newId('ses')}/drop`)
      expect([helper.status, helper.body.code]).toEqual([403, 'wrong_mode'])
    } finally {
      await closed.stop()
    }
  })

  it('a suspended tenant is refused after at most 30 seconds', async () => {
    const other = await api.newTenant()
    expect((await api.call(other.key, 'GET', '/v1/tenant')).status).toBe(200)
    await api.tables.core.update(
      { pk: `TENANT#${other.id}`, sk: 'META' },
      { expression: 'SET #status = :status', values: { ':status': 'suspended' } },
    )
    api.time.offsetMs += 30_001
    expect((await api.call(other.key, 'GET', '/v1/tenant')).body.code).toBe('tenant_suspended')
  })
})

describe('workers', () => {
  it('are listed for the platform', async () => {
    const sessionId = await api.newSession(tenant.key)
    const { id } = await api.giveToWorker(tenant.scope, sessionId)
    const { data } = (await api.call(api.adminKey, 'GET', '/v1/admin/workers')).body
    const worker = data.find((candidate: { id: string }) => candidate.id === id)
    expect(worker).toMatchObject({
      incarnation: 1,
      mode: 'test',
      status: 'ready',
      sessions: 1,
      capacity: 10,
      rssMb: 100,
    })
    expect((await api.call(api.adminKey, 'GET', `/v1/admin/workers/${id}`)).body).toEqual(worker)
    expect((await api.call(api.adminKey, 'GET', `/v1/admin/workers/${newId('wrk')}`)).status).toBe(404)
  })
})
