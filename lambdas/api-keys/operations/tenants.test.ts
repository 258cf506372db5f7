import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Leases } from '../../../shared/store/leases.ts'
import { Tenants } from '../../../shared/store/tenants.ts'
import { advanceDeletion } from '../../../shared/tenancy/advance-deletion.ts'
import { startTestApi, type TestApi } from '../../testing/test-api.ts'

let api: TestApi

beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.stop())

const admin = (method: string, path: string, body?: unknown) => api.call(api.adminKey, method, path, { body })
const forgetCaches = () => {
  api.time.offsetMs += 31_000
}

describe('changing a tenant', () => {
  it('plan, own limits and metadata; the limits that hold are shown, never above the ceilings', async () => {
    const tenant = await api.newTenant()
    const path = `/v1/tenants/${tenant.id}`
    const answer = await admin('PATCH', path, { plan: 'trial', limits: { sessions: 9 }, metadata: { crm: '42' } })
    expect(answer.body).toMatchObject({
      plan: 'trial',
      metadata: { crm: '42' },
      limits: { sessions: 9, messagesPerDay: 1_000 },
    })
    expect((await admin('GET', path)).body).toEqual(answer.body)
    forgetCaches()
    expect((await api.call(tenant.key, 'GET', '/v1/limits')).body).toMatchObject({
      plan: 'trial',
      sessions: { limit: 9 },
    })
    expect((await admin('PATCH', path, {})).body).toEqual(answer.body)
  })

  it.each([{ plan: 'gold' }, { limits: { sessions: 10 ** 9 } }, { limits: { wishes: 1 } }, { status: 'active' }])(
    'refuses %j',
    async (body) => {
      const { id } = await api.newTenant()
      expect((await admin('PATCH', `/v1/tenants/${id}`, body)).body.code).toBe('validation_failed')
    },
  )

  it('suspend refuses its keys within 30 seconds, resume lets them in again', async () => {
    const tenant = await api.newTenant()
    const status = async () => (await api.call(tenant.key, 'GET', '/v1/tenant')).body
    expect((await status()).status).toBe('active')
    const suspended = await admin('POST', `/v1/tenants/${tenant.id}/suspend`, { reason: 'unpaid' })
    expect(suspended.body).toMatchObject({ status: 'suspended', suspendedReason: 'unpaid' })
    forgetCaches()
    expect((await status()).code).toBe('tenant_suspended')
    await admin('POST', `/v1/tenants/${tenant.id}/resume`)
    forgetCaches()
    expect(await status()).toMatchObject({ status: 'active', suspendedReason: null })
  })

  it('an unknown tenant is a 404 for every operation', async () => {
    const path = '/v1/tenants/ten_01KAJ8V1T4ZC9Y0M2N3P4Q5R6S'
    for (const [method, at] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/suspend'],
      ['POST', '/resume'],
    ])
      expect((await admin(method!, path + at, method === 'POST' || method === 'PATCH' ? {} : undefined)).status).toBe(
        404,
      )
  })
})

describe('deleting a tenant', () => {
  const step = async (tenantId: string) => {
    const row = (await new Tenants(api.tables).get(tenantId))!
    return advanceDeletion({ tables: api.tables, bell: null }, row, Date.now() + api.time.offsetMs)
  }
  const makeTenant = async () => {
    const tenant = await api.newTenant()
    const sessionId = await api.newSession(tenant.key)
    await api.setSession(tenant.scope, sessionId, 'connected')
    const worker = await api.giveToWorker(tenant.scope, sessionId)
    await api.call(tenant.key, 'POST', '/v1/webhook-endpoints', { body: { url: 'https://example.com/hook' } })
    const body = { sessionId, to: '+5511988887777', type: 'text', text: { body: 'secret' } }
    const message = await api.call(tenant.key, 'POST', '/v1/messages', { body })
    expect(message.status).toBe(202)
    await api.drain(worker.queueUrl)
    return { ...tenant, sessionId, worker, messageId: message.body.id as string }
  }
  /** What the worker does when it was told to end the session. */
  const endSession = async ({ scope, sessionId }: Awaited<ReturnType<typeof makeTenant>>) => {
    const leases = new Leases(api.tables, scope)
    const lease = (await leases.get(sessionId))!
    expect(await leases.release({ ...lease, owner: lease.owner! }, true, { carriedOut: lease.desired })).toBe(true)
  }

  it('refuses its keys, unlinks its sessions, then destroys its data keys; the audit log stays', async () => {
    const tenant = await makeTenant()
    const answer = await admin('DELETE', `/v1/tenants/${tenant.id}`)
    expect(answer.status).toBe(202)
    expect(answer.body).toMatchObject({ status: 'deleting', deletion: { logout: true, shreddedAt: null } })
    expect(await api.drain(tenant.worker.queueUrl)).toMatchObject([{ kind: 'desired', sessionId: tenant.sessionId }])
    expect((await new Leases(api.tables, tenant.scope).get(tenant.sessionId))!.desired).toBe('DELETED')
    forgetCaches()
    expect((await api.call(tenant.key, 'GET', '/v1/tenant')).body.code).toBe('unauthorized')

    forgetCaches()
    expect(await step(tenant.id)).toEqual({ sessionsLeft: 1, shredded: false })
    await endSession(tenant)
    expect(await step(tenant.id)).toEqual({ sessionsLeft: 0, shredded: true })

    const gone = (await admin('GET', `/v1/tenants/${tenant.id}`)).body
    expect(gone).toMatchObject({ status: 'deleted', deletion: { shreddedAt: expect.stringMatching(/Z$/) } })
    const { TenantKeys } = await import('../../../shared/crypto/tenant-keys.ts')
    const { makeKMSClient } = await import('../../../shared/aws/kms.ts')
    const fresh = new TenantKeys({ kms: makeKMSClient(), core: api.tables.core, kmsKeyId: 'alias/fleetline' })
    await expect(fresh.dataKey(tenant.scope)).rejects.toThrow('destroyed')
    expect(JSON.stringify(await api.tables.core.get({ pk: `${tenant.scope.prefix}DK`, sk: 'META' }))).not.toContain(
      'wrapped',
    )
    const audit = await admin('GET', `/v1/admin/audit-log?resource=${tenant.id}`)
    expect(audit.body.data.map((entry: { operation: string }) => entry.operation)).toContain('deleteTenant')
  })

  it('without logout the device stays linked: the session is only stopped', async () => {
    const tenant = await makeTenant()
    const answer = await admin('DELETE', `/v1/tenants/${tenant.id}?logout=false`)
    expect(answer.body.deletion.logout).toBe(false)
    expect((await new Leases(api.tables, tenant.scope).get(tenant.sessionId))!.desired).toBe('STOPPED')
  })

  it('a session that nobody ends does not keep the content alive for more than an hour', async () => {
    const tenant = await makeTenant()
    await admin('DELETE', `/v1/tenants/${tenant.id}`)
    api.time.offsetMs += 59 * 60_000
    expect((await step(tenant.id)).shredded).toBe(false)
    api.time.offsetMs += 2 * 60_000
    expect(await step(tenant.id)).toEqual({ sessionsLeft: 1, shredded: true })
  })

  it('repeated deletion changes nothing, and a deleted tenant cannot be changed or resumed', async () => {
    const tenant = await makeTenant()
    const first = await admin('DELETE', `/v1/tenants/${tenant.id}`)
    const again = await admin('DELETE', `/v1/tenants/${tenant.id}?logout=false`)
    expect(again.body.deletion).toEqual(first.body.deletion)
    expect((await admin('POST', `/v1/tenants/${tenant.id}/resume`)).body.code).toBe('tenant_deleted')
    expect((await admin('PATCH', `/v1/tenants/${tenant.id}`, { name: 'x' })).body.code).toBe('tenant_deleted')
    const key = await admin('POST', `/v1/tenants/${tenant.id}/keys`, { name: 'x', mode: 'test', scopes: ['*'] })
    expect(key.body.code).toBe('tenant_deleted')
    expect(await new Tenants(api.tables).listDeleting(10)).toContain(tenant.id)
  })
})
