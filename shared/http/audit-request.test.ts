import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '../../lambdas/testing/test-api.ts'
import type { Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { newId } from '../core/ids.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import { AuditLog, type AuditRow } from '../store/audit-log.ts'
import { isAudited } from './audit-request.ts'

let api: TestApi

beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.stop())

const entries = async (key: string, query = '') =>
  (await api.call(key, 'GET', `/v1/audit-log${query}`)).body.data as (Omit<AuditRow, 'at'> & { at: string })[]

const intentOf = (scope: TenantScope, id: string): AuditRow => ({
  v: 1,
  id,
  at: Date.now() + api.time.offsetMs,
  actor: 'key_x',
  tenantId: scope.tenantId,
  mode: 'test',
  sourceIp: null,
  userAgent: null,
  requestId: 'req_x',
  operation: 'deleteSession',
  resourceId: null,
  outcome: 'unknown',
  status: null,
  code: null,
  beforeDigest: null,
  afterDigest: null,
})

describe('the audit log', () => {
  it('covers every changing operation but the data plane and the helpers of test mode', () => {
    const uncovered = Object.entries(operations as Record<string, Operation>)
      .filter(([, operation]) => operation.method !== 'GET' && !isAudited(operation))
      .map(([, operation]) => operation.tag)
    expect([...new Set(uncovered)].sort()).toEqual(['contacts', 'messages', 'presence', 'test mode'])
  })

  it('tells who, what, when, from where, and digests of before and after', async () => {
    const { key, keyId } = await api.newTenant()
    const made = await api.call(key, 'POST', '/v1/sessions', { body: { name: 'x' }, sourceIp: '198.51.100.9' })
    const [entry] = await entries(key)
    expect(entry).toMatchObject({
      actor: keyId,
      operation: 'createSession',
      resourceId: made.body.id,
      outcome: 'succeeded',
      status: 201,
      sourceIp: '198.51.100.9',
      requestId: made.headers['X-Request-Id'],
      beforeDigest: null,
      afterDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    const path = `/v1/sessions/${made.body.id}`
    await api.call(key, 'PATCH', path, { body: { name: 'y' } })
    await api.call(key, 'PATCH', path, { body: { name: 'z' } })
    const [second, first] = await entries(key, `?resource=${made.body.id}`)
    expect(first!.beforeDigest).toBe(entry!.afterDigest)
    expect(second!.beforeDigest).toBe(first!.afterDigest)
    expect(second!.afterDigest).not.toBe(first!.afterDigest)
  })

  it('holds refused changes too, and no secret', async () => {
    const { key } = await api.newTenant()
    const made = await api.call(key, 'POST', '/v1/keys', { body: { name: 'second', scopes: ['messages:send'] } })
    await api.call(made.body.key, 'DELETE', `/v1/keys/${made.body.id}`)
    await api.call(key, 'POST', '/v1/sessions/ses_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S/start')
    const all = await entries(key)
    expect(all[0]).toMatchObject({ operation: 'startSession', outcome: 'refused', code: 'not_found', status: 404 })
    expect(JSON.stringify(all)).not.toContain(made.body.key)
  })

  it('is searched by actor, resource and time, in pages', async () => {
    const { key } = await api.newTenant()
    const other = (await api.call(key, 'POST', '/v1/keys', { body: { name: 'b', scopes: ['*'] } })).body
    for (let n = 0; n < 3; n++) {
      await api.newSession(key)
      await api.newSession(other.key)
    }
    expect(await entries(key, `?actor=${other.id}`)).toHaveLength(3)
    const page = (await api.call(key, 'GET', '/v1/audit-log?limit=5')).body
    const next = (await api.call(key, 'GET', `/v1/audit-log?limit=5&cursor=${page.nextCursor}`)).body
    expect([...page.data, ...next.data].map((entry) => entry.id)).toHaveLength(7)
    expect(new Set([...page.data, ...next.data].map((entry) => entry.id)).size).toBe(7)
    expect(await entries(key, '?to=2020-01-01T00:00:00Z')).toEqual([])
  })

  it('an intent whose process ended shows up as unknown, once, and never replaces an outcome', async () => {
    const { key, scope } = await api.newTenant()
    const log = new AuditLog(api.tables, scope)
    const row = intentOf(scope, 'aud_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S')
    await log.intend(row)
    expect(await entries(key)).toEqual([])
    api.time.offsetMs += 121_000
    expect(await entries(key)).toMatchObject([{ id: row.id, outcome: 'unknown' }])
    await log.settle({ ...row, outcome: 'succeeded' })
    expect(await entries(key)).toMatchObject([{ outcome: 'unknown' }])
  })

  it('an intent whose process ended is found however late and by whatever it is looked for', async () => {
    const { key, scope, keyId } = await api.newTenant()
    const log = new AuditLog(api.tables, scope)
    const lost = Array.from({ length: 5 }, () => ({
      ...intentOf(scope, newId('aud')),
      resourceId: 'ses_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S',
    }))
    for (const [index, row] of lost.entries()) {
      Object.assign(row, { at: Date.now() + api.time.offsetMs, actor: index < 3 ? 'key_x' : keyId })
      await log.intend(row)
      await api.newSession(key)
      api.time.offsetMs += 1_000
    }
    api.time.offsetMs += 3 * 86_400_000
    for (let n = 0; n < 3; n++) await api.newSession(key)
    const ids = async (query: string, limit: number) => {
      const found: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const path: string = `/v1/audit-log?limit=${limit}${query}${cursor && `&cursor=${cursor}`}`
        const { data, nextCursor } = (await api.call(key, 'GET', path)).body
        for (const { id, outcome } of data) if (outcome === 'unknown') found.push(id)
        cursor = nextCursor
      }
      return found
    }
    const newestFirst = lost.map(({ id }) => id).reverse()
    expect(await ids(`&actor=${keyId}`, 2)).toEqual(newestFirst.slice(0, 2))
    expect(await ids(`&resource=${lost[0]!.resourceId}&actor=key_x`, 2)).toEqual(newestFirst.slice(2))
    expect(await ids('', 2)).toEqual(newestFirst)
    expect(await ids('', 2)).toEqual(newestFirst)
    expect(await entries(key, '?limit=100')).toHaveLength(13)
  })

  it('a platform key leaves its entries in the platform log only', async () => {
    const tenant = await api.newTenant()
    await api.call(api.adminKey, 'PATCH', `/v1/tenants/${tenant.id}`, { body: { name: 'New' } })
    const log = await api.call(api.adminKey, 'GET', `/v1/admin/audit-log?resource=${tenant.id}`)
    expect(log.body.data[0]).toMatchObject({ actor: 'platform', operation: 'updateTenant', tenantId: tenant.id })
    expect(log.body.data[0].beforeDigest).not.toBe(log.body.data[0].afterDigest)
    expect(await entries(tenant.key)).toEqual([])
  })
})
