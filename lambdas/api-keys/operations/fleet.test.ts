import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../../shared/core/ids.ts'
import { startTestApi, type TestApi } from '../../testing/test-api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.stop())

const asAdmin = (method: string, path: string, body?: unknown) => api.call(api.adminKey, method, path, { body })
const auditOf = async (resource: string) =>
  (await asAdmin('GET', `/v1/admin/audit-log?resource=${resource}`)).body.data as {
    operation: string
    outcome: string
  }[]

const placedSession = async () => {
  const tenant = await api.newTenant()
  const sessionId = await api.newSession(tenant.key)
  const worker = await api.giveToWorker(tenant.scope, sessionId)
  return { tenant, sessionId, worker }
}

test('sessions of all tenants are listed with the worker that has them, page by page', async () => {
  const [one, two] = [await placedSession(), await placedSession()]
  const { body } = await asAdmin('GET', '/v1/admin/sessions?mode=test')
  const ids = body.data.map((session: { id: string }) => session.id)
  expect(ids).toEqual(expect.arrayContaining([one.sessionId, two.sessionId]))
  const workerId = body.data.find((session: { id: string }) => session.id === one.sessionId).workerId
  const onlyHis = (await asAdmin('GET', `/v1/admin/sessions?workerId=${workerId}`)).body.data
  expect(onlyHis).toMatchObject([{ id: one.sessionId, tenantId: one.tenant.id, mode: 'test', workerId }])
  expect((await asAdmin('GET', '/v1/admin/sessions?cursor=AAAA')).body.code).toBe('invalid_cursor')
})

test('a move asks the owner and rings it; with nobody to ask it is refused, and both are audited', async () => {
  const { tenant, sessionId } = await placedSession()
  const where = { tenantId: tenant.id, mode: 'test' }
  const moved = await asAdmin('POST', `/v1/admin/sessions/${sessionId}/move`, where)
  expect(moved).toMatchObject({ status: 202, body: { id: sessionId } })
  const idle = await api.newSession(tenant.key)
  expect((await asAdmin('POST', `/v1/admin/sessions/${idle}/move`, where)).body.code).toBe('conflict')
  expect((await asAdmin('POST', `/v1/admin/sessions/${newId('ses')}/move`, where)).status).toBe(404)
  for (const tenantId of ['x', `${tenant.id}#L`, newId('ten')])
    expect((await asAdmin('POST', `/v1/admin/sessions/${idle}/move`, { ...where, tenantId })).status).toBe(404)
  expect(await auditOf(sessionId)).toMatchObject([{ operation: 'moveSession', outcome: 'succeeded' }])
  expect((await auditOf(idle)).at(-1)).toMatchObject({ operation: 'moveSession', outcome: 'refused', code: 'conflict' })
})

test('a ready worker is drained, asking again changes nothing, and a dead one is refused', async () => {
  const { sessionId } = await placedSession()
  const placed = (await asAdmin('GET', '/v1/admin/sessions')).body.data
  const { workerId } = placed.find((session: { id: string }) => session.id === sessionId)
  for (let time = 0; time < 2; time++)
    expect(await asAdmin('POST', `/v1/admin/workers/${workerId}/drain`)).toMatchObject({
      status: 202,
      body: { id: workerId, status: 'draining' },
    })
  expect((await asAdmin('POST', `/v1/admin/workers/${newId('wrk')}/drain`)).status).toBe(404)
  expect((await auditOf(workerId)).map(({ operation }) => operation)).toContain('drainWorker')
})

test('one rollout per mode: started by its machine, seen, aborted; a tenant key may not', async () => {
  expect((await asAdmin('GET', '/v1/admin/rollouts/live')).status).toBe(404)
  const started = await asAdmin('POST', '/v1/admin/rollouts', { mode: 'live' })
  expect(started).toMatchObject({ status: 202, body: { mode: 'live', version: 'v2', waveSize: 2, status: 'running' } })
  expect(api.rolloutsStarted).toEqual([{ mode: 'live', rolloutId: started.body.id }])
  expect((await asAdmin('POST', '/v1/admin/rollouts', { mode: 'live' })).body.code).toBe('conflict')
  expect((await asAdmin('POST', '/v1/admin/rollouts/live/abort')).body.status).toBe('aborting')
  expect((await asAdmin('GET', '/v1/admin/rollouts/live')).body).toMatchObject({
    id: started.body.id,
    because: 'asked',
  })
  expect((await asAdmin('POST', '/v1/admin/rollouts', { mode: 'live', waveSize: 0 })).status).toBe(400)
  const { key } = await api.newTenant()
  expect((await api.call(key, 'POST', '/v1/admin/rollouts', { body: { mode: 'live' } })).status).toBe(403)
})
