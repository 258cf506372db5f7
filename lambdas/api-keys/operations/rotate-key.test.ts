import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '../../testing/test-api.ts'

let api: TestApi

beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.stop())

const rotate = (caller: string, keyId: string, body: unknown = {}, headers: Record<string, string> = {}) =>
  api.call(caller, 'POST', `/v1/keys/${keyId}/rotate`, { body, headers })
const works = async (key: string) => (await api.call(key, 'GET', '/v1/tenant')).status === 200
const makeKey = async (caller: string, fields: Record<string, unknown>) =>
  (await api.call(caller, 'POST', '/v1/keys', { body: { name: 'k', scopes: ['*'], ...fields } })).body

describe('rotating a key', () => {
  it('makes a key with the same rights; the old one works until the overlap ends', async () => {
    const { key } = await api.newTenant()
    const old = await makeKey(key, { scopes: ['tenant:read'], ipAllow: ['203.0.113.0/24'] })
    const answer = await rotate(key, old.id, { overlapSeconds: 3600 })
    expect(answer.status).toBe(201)
    expect(answer.body).toMatchObject({
      name: 'k',
      scopes: ['tenant:read'],
      ipAllow: ['203.0.113.0/24'],
      expiresAt: null,
    })
    expect(answer.body.id).not.toBe(old.id)
    expect([await works(old.key), await works(answer.body.key)]).toEqual([true, true])
    api.time.offsetMs += 3_601_000
    expect([await works(old.key), await works(answer.body.key)]).toEqual([false, true])
  })

  it('without an overlap the old key ends within 30 seconds, also in a warm environment', async () => {
    const { key } = await api.newTenant()
    const old = await makeKey(key, {})
    expect(await works(old.key)).toBe(true)
    await rotate(key, old.id)
    api.time.offsetMs += 30_000
    expect(await works(old.key)).toBe(false)
  })

  it('a repeated rotation makes one key', async () => {
    const { key } = await api.newTenant()
    const old = await makeKey(key, {})
    const headers = { 'Idempotency-Key': 'r1' }
    const [first, second] = [await rotate(key, old.id, {}, headers), await rotate(key, old.id, {}, headers)]
    expect(second.body).toEqual({ ...first.body, key: null })
  })

  it('a key cannot become the successor of a stronger one', async () => {
    const { key, keyId } = await api.newTenant()
    const weak = await makeKey(key, { scopes: ['keys:manage', 'tenant:read'] })
    const refused = await rotate(weak.key, keyId)
    expect(refused.body).toMatchObject({ code: 'forbidden', param: 'scopes' })
    expect((await rotate(weak.key, weak.id)).status).toBe(201)
  })

  it('overlaps are at most seven days and never make a key live longer', async () => {
    const { key } = await api.newTenant()
    const expiresAt = new Date(Date.now() + api.time.offsetMs + 60_000).toISOString()
    const old = await makeKey(key, { expiresAt })
    expect((await rotate(key, old.id, { overlapSeconds: 7 * 86_400 + 1 })).body.code).toBe('validation_failed')
    const answer = await rotate(key, old.id, { overlapSeconds: 7 * 86_400 })
    expect(answer.body.expiresAt).toBe(expiresAt)
    expect((await api.call(key, 'GET', `/v1/keys/${old.id}`)).body.expiresAt).toBe(expiresAt)
  })

  it('a revoked or expired key has no successor', async () => {
    const { key } = await api.newTenant()
    const old = await makeKey(key, {})
    await api.call(key, 'DELETE', `/v1/keys/${old.id}`)
    expect((await rotate(key, old.id)).body.code).toBe('key_not_active')
  })
})

describe('last use', () => {
  it('is noted to the minute, and never by a write per request', async () => {
    const { key, keyId } = await api.newTenant()
    const before = Math.floor((Date.now() + api.time.offsetMs) / 60_000) * 60_000
    for (let n = 0; n < 5; n++) await works(key)
    const { lastUsedAt } = (await api.call(key, 'GET', `/v1/keys/${keyId}`)).body
    expect(Date.parse(lastUsedAt)).toBeGreaterThanOrEqual(before)
    expect(Date.parse(lastUsedAt) % 60_000).toBe(0)
  })
})

describe('a new version of the pepper', () => {
  it('keys of older versions go on working, new keys are hashed under it, and a rotation moves a key over', async () => {
    const { key } = await api.newTenant()
    const old = await makeKey(key, {})
    api.secret.previousPeppers = [api.secret.pepper]
    api.secret.pepper = 'another pepper for tests, long enough'
    try {
      expect([await works(key), await works(old.key)]).toEqual([true, true])
      const next = (await rotate(key, old.id, { overlapSeconds: 60 })).body
      expect(await works(next.key)).toBe(true)
      expect((await api.call(api.adminKey, 'GET', '/v1/tenants')).status).toBe(200)
      api.secret.previousPeppers = []
      api.time.offsetMs += 31_000
      expect([await works(old.key), await works(next.key)]).toEqual([false, true])
    } finally {
      api.secret.pepper = 'a pepper for tests, long enough'
      delete api.secret.previousPeppers
    }
  })
})
