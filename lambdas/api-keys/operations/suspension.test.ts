import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Leases } from '../../../shared/store/leases.ts'
import { Tenants } from '../../../shared/store/tenants.ts'
import { advanceSuspension } from '../../../shared/tenancy/advance-suspension.ts'
import { startTestApi, type TestApi } from '../../testing/test-api.ts'

let api: TestApi

beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.stop())

type Tenant = Awaited<ReturnType<TestApi['newTenant']>>
const admin = (method: string, path: string, body?: unknown) => api.call(api.adminKey, method, path, { body })
const suspend = (tenant: Tenant) => admin('POST', `/v1/tenants/${tenant.id}/suspend`, { reason: 'unpaid' })
const resume = (tenant: Tenant) => admin('POST', `/v1/tenants/${tenant.id}/resume`)
const row = async (tenant: Tenant) => (await new Tenants(api.tables).get(tenant.id))!
const isChanging = async (tenant: Tenant) => (await new Tenants(api.tables).listChanging(100)).includes(tenant.id)
const now = () => Date.now() + api.time.offsetMs
const step = async (tenant: Tenant, budgetMs = 10_000) =>
  advanceSuspension({ tables: api.tables, bell: null }, await row(tenant), now(), performance.now() + budgetMs)
const lease = async (tenant: Tenant, sessionId: string) => (await new Leases(api.tables, tenant.scope).get(sessionId))!
const forgetCaches = () => {
  api.time.offsetMs += 61_000
}

/** A linked session that should run. */
const newSession = async (tenant: Tenant) => {
  const sessionId = await api.newSession(tenant.key)
  await api.setSession(tenant.scope, sessionId, 'connected')
  const started = await api.call(tenant.key, 'POST', `/v1/sessions/${sessionId}/start`)
  expect(started.status).toBe(202)
  return sessionId
}

describe('a suspended tenant', () => {
  it('its sessions are stopped, with or without an owner, and come back with the end of it; others stay as they were', async () => {
    const tenant = await api.newTenant()
    const other = await api.newTenant()
    const [owned, unowned, stopped, foreign] = [
      await newSession(tenant),
      await newSession(tenant),
      await newSession(tenant),
      await newSession(other),
    ]
    const worker = await api.giveToWorker(tenant.scope, owned)
    await api.call(tenant.key, 'POST', `/v1/sessions/${stopped}/stop`)

    expect((await suspend(tenant)).body).toMatchObject({ status: 'suspended', suspendedReason: 'unpaid' })
    expect(await api.drain(worker.queueUrl)).toMatchObject([{ kind: 'desired', sessionId: owned }])
    for (const id of [owned, unowned, stopped]) expect((await lease(tenant, id)).desired).toBe('STOPPED')
    expect((await lease(other, foreign)).desired).toBe('RUNNING')
    expect(await api.tables.core.get({ pk: `${tenant.scope.prefix}S#${unowned}`, sk: 'META' })).toMatchObject({
      status: 'stopped',
      phone: '+5511900000001',
      reason: { code: 'tenant_suspended' },
    })

    expect((await resume(tenant)).body).toMatchObject({ status: 'active', suspendedReason: null })
    expect(await api.drain(worker.queueUrl)).toMatchObject([{ kind: 'desired', sessionId: owned }])
    for (const id of [owned, unowned]) expect((await lease(tenant, id)).desired).toBe('RUNNING')
    expect((await lease(tenant, stopped)).desired).toBe('STOPPED')
    expect(await isChanging(tenant)).toBe(false)
    const unownedRows = await new Leases(api.tables, tenant.scope).get(unowned)
    expect(unownedRows).toMatchObject({ owner: null, desired: 'RUNNING' })
  })

  it('a session that a remembered key starts meanwhile is stopped by a later step', async () => {
    const tenant = await api.newTenant()
    const early = await newSession(tenant)
    await suspend(tenant)
    // The key is still remembered by a warm environment: 30 seconds.
    const late = await newSession(tenant)
    expect(await isChanging(tenant)).toBe(true)
    expect(await step(tenant)).toEqual({ changed: 1, complete: false })
    for (const id of [early, late]) expect((await lease(tenant, id)).desired).toBe('STOPPED')
    forgetCaches()
    expect(await step(tenant)).toEqual({ changed: 0, complete: true })
    expect(await isChanging(tenant)).toBe(false)
  })

  it('a step that has no time left is continued by the next one', async () => {
    const tenant = await api.newTenant()
    const sessionId = await newSession(tenant)
    await new Tenants(api.tables).setStatus(tenant.id, { status: 'suspended', reason: null, now: now() })
    expect(await step(tenant, -1)).toEqual({ changed: 0, complete: false })
    expect(await isChanging(tenant)).toBe(true)
    expect((await step(tenant)).changed).toBe(1)
    await new Tenants(api.tables).setStatus(tenant.id, { status: 'active', reason: null, now: now() })
    expect(await step(tenant, -1)).toEqual({ changed: 0, complete: false })
    expect(await step(tenant)).toEqual({ changed: 1, complete: true })
    expect((await lease(tenant, sessionId)).desired).toBe('RUNNING')
  })

  it('a late step of an ended suspension stops nothing', async () => {
    const tenant = await api.newTenant()
    const sessionId = await newSession(tenant)
    await suspend(tenant)
    const stale = await row(tenant)
    await resume(tenant)
    const late = await advanceSuspension({ tables: api.tables, bell: null }, stale, now(), performance.now() + 10_000)
    expect(late).toEqual({ changed: 0, complete: false })
    expect((await lease(tenant, sessionId)).desired).toBe('RUNNING')
  })

  it('suspending and resuming again and again, at once, leaves the session as it was', async () => {
    const tenant = await api.newTenant()
    const sessionId = await newSession(tenant)
    for (let round = 0; round < 3; round++) await Promise.all([suspend(tenant), suspend(tenant), resume(tenant)])
    await resume(tenant)
    for (let round = 0; round < 3 && (await isChanging(tenant)); round++) await step(tenant)
    expect((await lease(tenant, sessionId)).desired).toBe('RUNNING')
    expect(await isChanging(tenant)).toBe(false)
  })

  it('can be deleted: the suspension is over, the deletion goes on', async () => {
    const tenant = await api.newTenant()
    const sessionId = await newSession(tenant)
    await suspend(tenant)
    expect((await admin('DELETE', `/v1/tenants/${tenant.id}`)).status).toBe(202)
    expect(await isChanging(tenant)).toBe(false)
    expect((await lease(tenant, sessionId)).desired).toBe('DELETED')
    expect(await step(tenant)).toEqual({ changed: 0, complete: true })
  })
})
