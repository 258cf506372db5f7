import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '../../lambdas/testing/test-api.ts'
import { takeSharedTokens } from '../store/rate-limits.ts'
import { Tenants } from '../store/tenants.ts'

let api: TestApi

beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.stop())

/** A tenant with its own limits, written as the platform does. */
const tenantWith = async (limits: Record<string, number>) => {
  const tenant = await api.newTenant()
  const row = (await new Tenants(api.tables).get(tenant.id))!
  await api.tables.core.put({ pk: `TENANT#${tenant.id}`, sk: 'META', ...row, limits })
  return tenant
}

describe('request rates', () => {
  it('every answer to a key tells the limit; beyond it 429 with Retry-After, then it goes on', async () => {
    const { key } = await tenantWith({ keyRequestsPerSecond: 1, keyRequestBurst: 3 })
    const call = () => api.call(key, 'GET', '/v1/tenant')
    const answers = [await call(), await call(), await call(), await call()]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    expect(answers[0]!.headers).toMatchObject({ 'RateLimit-Limit': '3', 'RateLimit-Remaining': '2' })
    expect(answers[3]!.body).toMatchObject({ code: 'rate_limited', retryable: true })
    expect(answers[3]!.headers).toMatchObject({ 'Retry-After': '1', 'RateLimit-Remaining': '0' })
    api.time.offsetMs += 1_000
    expect((await call()).status).toBe(200)
  })

  it('two keys of a tenant share its rate, and a refused request costs the key nothing', async () => {
    const tenant = await tenantWith({ requestsPerSecond: 1, requestBurst: 2 })
    const other = await api.call(api.adminKey, 'POST', `/v1/tenants/${tenant.id}/keys`, {
      body: { name: 'b', mode: 'test', scopes: ['*'] },
    })
    expect((await api.call(tenant.key, 'GET', '/v1/tenant')).status).toBe(200)
    expect((await api.call(other.body.key, 'GET', '/v1/tenant')).status).toBe(200)
    const refused = await api.call(tenant.key, 'GET', '/v1/tenant')
    expect(refused.body.detail).toContain('This tenant may make 1 requests per second')
  })

  it('another tenant and the other mode are not touched', async () => {
    const tenant = await tenantWith({ requestsPerSecond: 1, requestBurst: 1 })
    const live = await api.call(api.adminKey, 'POST', `/v1/tenants/${tenant.id}/keys`, {
      body: { name: 'live', mode: 'live', scopes: ['*'] },
    })
    await api.call(tenant.key, 'GET', '/v1/tenant')
    expect((await api.call(tenant.key, 'GET', '/v1/tenant')).status).toBe(429)
    expect((await api.call(live.body.key, 'GET', '/v1/tenant')).status).toBe(200)
    expect((await api.call((await api.newTenant()).key, 'GET', '/v1/tenant')).status).toBe(200)
  })

  it('many environments that lease from one row at once never get more than the bucket holds', async () => {
    const { scope } = await api.newTenant()
    const request = { bucket: 'race', size: { perSecond: 1, burst: 40 }, now: Date.now(), wanted: 3 }
    const leases = await Promise.all(Array.from({ length: 60 }, () => takeSharedTokens(api.tables, scope, request)))
    const granted = leases.reduce((sum, lease) => sum + lease.granted, 0)
    expect(granted).toBeGreaterThan(30)
    expect(granted).toBeLessThanOrEqual(40)
  })

  it('concurrent requests of one key: exactly the burst passes, and what comes back meanwhile', async () => {
    const { key } = await tenantWith({ keyRequestsPerSecond: 1, keyRequestBurst: 5 })
    const startedAt = Date.now()
    const answers = await Promise.all(Array.from({ length: 30 }, () => api.call(key, 'GET', '/v1/tenant')))
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(5)
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(
      6 + Math.floor((Date.now() - startedAt) / 1000),
    )
  })
})
