import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { Leases } from '../../../../shared/store/leases.ts'
import { startTestApi, type TestApi } from '../../../testing/test-api.ts'

let api: TestApi
let tenant: Awaited<ReturnType<TestApi['newTenant']>>
let sessionId: string

beforeAll(async () => {
  api = await startTestApi()
  tenant = await api.newTenant()
})
beforeEach(async () => {
  sessionId = await api.newSession(tenant.key)
})
afterAll(() => api.stop())

const ask = (key = tenant.key) => api.call(key, 'GET', `/v1/sessions/${sessionId}/diagnosis`)

it('tells a new session to link', async () => {
  expect((await ask()).body).toMatchObject({
    sessionId,
    mode: 'test',
    status: 'created',
    reason: null,
    healthy: false,
    nextAction: { code: 'link', by: 'tenant' },
    queue: { waiting: 0, more: false, nextAt: null },
  })
})

it('tells a running session without a worker to wait, and counts what waits with it', async () => {
  await api.setSession(tenant.scope, sessionId, 'connected')
  await new Leases(api.tables, tenant.scope).setDesired(sessionId, 'RUNNING')
  await api.call(tenant.key, 'POST', '/v1/messages', {
    body: { sessionId, to: '+5511988887777', type: 'text', text: { body: 'Hello' } },
  })
  const { status, body } = await ask()
  expect(status).toBe(200)
  expect(body).toMatchObject({ healthy: false, nextAction: { code: 'wait', by: 'nobody' }, queue: { waiting: 1 } })
  expect(body.checks).toContainEqual({
    name: 'worker',
    status: 'waiting',
    detail: 'No worker has it yet; one is being looked for.',
  })
})

it('of a connected session on a live worker is healthy', async () => {
  await api.setSession(tenant.scope, sessionId, 'connected')
  await new Leases(api.tables, tenant.scope).setDesired(sessionId, 'RUNNING')
  await api.giveToWorker(tenant.scope, sessionId)
  expect((await ask()).body).toMatchObject({ healthy: true, nextAction: { code: 'none', by: 'nobody' } })
})

it('is not there for another tenant', async () => {
  const other = await api.newTenant()
  expect((await ask(other.key)).status).toBe(404)
})
