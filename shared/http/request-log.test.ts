import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '../../lambdas/testing/test-api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.stop())

describe('request log', () => {
  it('one line per request with ids, and nothing of the content, the number or the key', async () => {
    const tenant = await api.newTenant()
    const sessionId = await api.newSession(tenant.key)
    await api.setSession(tenant.scope, sessionId, 'connected')
    api.logged.length = 0
    const answer = await api.call(tenant.key, 'POST', '/v1/messages', {
      body: { sessionId, to: '+5511988887777', type: 'text', text: { body: 'very private' } },
      headers: { 'Idempotency-Key': 'order-4711' },
    })
    expect(api.logged).toHaveLength(1)
    const line = JSON.parse(api.logged[0]!)
    expect(line).toMatchObject({
      requestId: answer.headers['X-Request-Id'],
      operation: 'createMessage',
      status: 202,
      tenantId: tenant.id,
      mode: 'test',
      keyId: tenant.keyId,
      sessionId,
      messageId: answer.body.id,
      accepted: 'accepted',
    })
    for (const secret of ['very private', '5511988887777', tenant.key, tenant.key.slice(13)])
      expect(api.logged[0]).not.toContain(secret)
  })

  it('an error inside is a 500 without its text; the log has it', async () => {
    const tenant = await api.newTenant()
    const sessionId = await api.newSession(tenant.key)
    await api.tables.core.update(
      { pk: `${tenant.scope.prefix}S#${sessionId}`, sk: 'META' },
      { expression: 'SET #status = :broken', values: { ':broken': 'nobody knows this state' } },
    )
    api.logged.length = 0
    const answer = await api.call(tenant.key, 'GET', `/v1/sessions/${sessionId}`)
    expect(answer.body).toMatchObject({ status: 500, code: 'internal_error', retryable: true })
    expect(answer.raw.body).not.toMatch(/Invalid|expected one of|stack/)
    expect(JSON.parse(api.logged[0]!)).toMatchObject({
      level: 50,
      code: 'internal_error',
      err: { stack: expect.any(String) },
    })
  })

  it('metrics have the operation as their only dimension beside env and cell', async () => {
    api.metrics.length = 0
    await api.call(null, 'GET', '/v1/health')
    const emf = JSON.parse(api.metrics[0]!)
    expect(emf._aws.CloudWatchMetrics[0].Dimensions).toEqual([
      ['env', 'cell'],
      ['env', 'cell', 'route'],
    ])
    expect(emf).toMatchObject({ route: 'getHealth', api_request_count: 1, api_error_count: 0 })
  })
})
