import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deliveryIdOf, newId } from '../../../shared/core/ids.ts'
import { webhookPublicKeyOf } from '../../../shared/core/webhook-signature.ts'
import { parseEgressRules } from '../../../shared/egress/url-rules.ts'
import { Deliveries } from '../../../shared/store/deliveries.ts'
import { EndpointHealths } from '../../../shared/store/endpoint-health.ts'
import type { DeliveryStatus } from '../../../shared/store/rows/webhook.ts'
import { startTestApi, type TestApi } from '../../testing/test-api.ts'

let api: TestApi
let tenant: Awaited<ReturnType<TestApi['newTenant']>>
let server: Server
let url: string
let got: { headers: Record<string, string>; body: string }[] = []

beforeAll(async () => {
  api = await startTestApi({ egressRules: parseEgressRules({ cidrs: '127.0.0.0/8', http: 'true' }) })
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      got.push({ headers: request.headers as Record<string, string>, body: Buffer.concat(chunks).toString() })
      response.writeHead(request.url === '/broken' ? 500 : 200).end('seen')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(async () => {
  tenant = await api.newTenant()
  got = []
})
afterAll(async () => {
  await api.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const make = async (fields: Record<string, unknown> = {}) =>
  (await api.call(tenant.key, 'POST', '/v1/webhook-endpoints', { body: { url: `${url}/hook`, ...fields } })).body
const post = (path: string, body?: unknown) => api.call(tenant.key, 'POST', `/v1${path}`, { body })
const putDelivery = async (endpointId: string, status: DeliveryStatus) => {
  const eventId = newId('evt')
  return new Deliveries(api.tables, tenant.scope).create({
    v: 1,
    tenantId: tenant.id,
    mode: 'test',
    id: deliveryIdOf(eventId, endpointId, 1),
    endpointId,
    eventId,
    eventType: 'message.received',
    sessionId: null,
    sequence: null,
    day: '2026-11-21',
    generation: 1,
    status,
    attempts: 1,
    nextAttemptAt: status === 'retrying' ? Date.now() + 3_600_000 : null,
    leaseUntil: null,
    lastError: null,
    lastStatus: 500,
    createdAt: Date.now(),
    completedAt: null,
  })
}

describe('test event', () => {
  it('is posted now, signed, and the attempt comes back with the signature masked', async () => {
    const endpoint = await make()
    const answer = await post(`/webhook-endpoints/${endpoint.id}/test`)
    expect(answer.body).toMatchObject({
      error: null,
      request: { url: `${url}/hook`, headers: { 'webhook-signature': 'v1,***' } },
      response: { status: 200, body: 'seen' },
    })
    expect(() => new Webhook(endpoint.secret).verify(got[0]!.body, got[0]!.headers)).not.toThrow()
    expect(JSON.parse(got[0]!.body).type).toBe('endpoint.test')
  })

  it('says what went wrong', async () => {
    const broken = await make({ url: `${url}/broken` })
    const answer = await post(`/webhook-endpoints/${broken.id}/test`)
    expect(answer.body).toMatchObject({ error: 'http_status', response: { status: 500 } })
  })
})

describe('secret rotation', () => {
  it('old and new sign until the overlap ends; at most three; the answer shows only the new one', async () => {
    const { id, secret } = await make()
    const secrets = [secret]
    for (let i = 0; i < 3; i++) secrets.push((await post(`/webhook-endpoints/${id}/rotate-secret`)).body.secret)
    expect(new Set(secrets).size).toBe(4)
    await post(`/webhook-endpoints/${id}/test`)
    const verifies = (candidate: string) => {
      try {
        new Webhook(candidate).verify(got.at(-1)!.body, got.at(-1)!.headers)
        return true
      } catch {
        return false // the reference library throws when no signature matches
      }
    }
    expect(secrets.map(verifies)).toEqual([false, true, true, true])
    const last = (await post(`/webhook-endpoints/${id}/rotate-secret`, { overlapSeconds: 0 })).body.secret
    await post(`/webhook-endpoints/${id}/test`)
    expect([...secrets, last].map(verifies)).toEqual([false, false, false, false, true])
  })
})

describe('pause, resume', () => {
  it('resume asks for a release and rings the pipeline; a disabled endpoint cannot be paused', async () => {
    const { id } = await make()
    expect((await post(`/webhook-endpoints/${id}/pause`)).body.status).toBe('paused')
    expect((await post(`/webhook-endpoints/${id}/resume`)).body.status).toBe('active')
    expect((await new EndpointHealths(api.tables, tenant.scope).get(id)).releaseSince).not.toBeNull()
    expect(api.rung.at(-1)).toMatchObject({ kind: 'wake', endpointId: id })
  })
})

describe('retry of one delivery', () => {
  it('supersedes the planned attempt', async () => {
    const { id } = await make()
    const row = await putDelivery(id, 'retrying')
    const answer = await post(`/webhook-deliveries/${row.id}/retry`)
    expect([answer.status, answer.body.status, answer.body.id]).toEqual([202, 'pending', row.id])
    expect(Date.parse(answer.body.nextAttemptAt)).toBeLessThanOrEqual(Date.now())
    expect(api.rung.at(-1)).toMatchObject({ eventId: row.eventId, generation: 1 })
  })

  it('opens a settled one again as the next generation, once for two who ask at once', async () => {
    const { id } = await make()
    const row = await putDelivery(id, 'exhausted')
    const answers = await Promise.all([1, 2].map(() => post(`/webhook-deliveries/${row.id}/retry`)))
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
    expect(answers[0]!.body).toMatchObject({ generation: 2, eventId: row.eventId })
  })

  it('is refused while the endpoint is paused or an attempt is under way', async () => {
    const { id } = await make()
    const flying = await putDelivery(id, 'inFlight')
    expect((await post(`/webhook-deliveries/${flying.id}/retry`)).body.code).toBe('conflict')
    await post(`/webhook-endpoints/${id}/pause`)
    expect((await post(`/webhook-deliveries/${flying.id}/retry`)).body.code).toBe('endpoint_not_active')
  })
})

describe('replays', () => {
  it('are made, seen, listed and canceled', async () => {
    const { id } = await make()
    const made = await post(`/webhook-endpoints/${id}/replays`, { since: '2026-01-01T00:00:00Z', select: 'all' })
    expect([made.status, made.body.status]).toEqual([201, 'running'])
    expect(api.rung.at(-1)).toMatchObject({ kind: 'replay', replayId: made.body.id })
    const path = `/webhook-endpoints/${id}/replays/${made.body.id}`
    expect((await post(`${path}/cancel`)).body.status).toBe('canceled')
    expect((await api.call(tenant.key, 'GET', `/v1${path}`)).body.status).toBe('canceled')
    expect((await api.call(tenant.key, 'GET', `/v1/webhook-endpoints/${id}/replays`)).body.data).toHaveLength(1)
    const backwards = { since: '2999-01-01T00:00:00Z', select: 'all' }
    expect((await post(`/webhook-endpoints/${id}/replays`, backwards)).body.errors[0].path).toBe('since')
  })
})

describe('Ed25519', () => {
  it('is off unless asked for; then the answer shows the public keys, also of secrets older than the feature', async () => {
    const endpoint = await make()
    expect([endpoint.signing, endpoint.publicKeys]).toEqual(['hmac', []])
    await api.tables.core.update(
      { pk: `${tenant.scope.prefix}WH`, sk: endpoint.id },
      { expression: 'REMOVE #secrets[0].#publicKey' },
    )
    const path = `/v1/webhook-endpoints/${endpoint.id}`
    const changed = (await api.call(tenant.key, 'PATCH', path, { body: { signing: 'hmacAndEd25519' } })).body
    expect(changed.publicKeys).toEqual([webhookPublicKeyOf(endpoint.secret)])
    const rotated = (await post(`/webhook-endpoints/${endpoint.id}/rotate-secret`)).body
    expect(rotated.publicKeys).toEqual([webhookPublicKeyOf(rotated.secret), webhookPublicKeyOf(endpoint.secret)])
    const answer = await post(`/webhook-endpoints/${endpoint.id}/test`)
    expect(answer.body.request.headers['webhook-signature']).toBe('v1,*** v1,*** v1a,*** v1a,***')
    expect(got.at(-1)!.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+ v1a,\S+ v1a,\S+$/)
  })
})

describe('expunge of a delivery', () => {
  it('takes what its attempts keep of request and answer, and leaves what happened', async () => {
    const { id } = await make()
    const row = await putDelivery(id, 'retrying')
    const deliveries = new Deliveries(api.tables, tenant.scope)
    await deliveries.makeDue(row, Date.now(), true)
    const claimed = (await deliveries.claim(row, Date.now(), Date.now() + 60_000))!
    expect((await post(`/webhook-deliveries/${row.id}/expunge`)).body.code).toBe('conflict')
    await deliveries.record(claimed, {
      status: 'exhausted',
      nextAttemptAt: null,
      attempt: {
        v: 1,
        id: newId('att'),
        deliveryId: row.id,
        number: 2,
        at: Date.now(),
        durationMs: 12,
        httpStatus: 500,
        error: 'http_status',
        responseBody: 'Ana lives in Rua das Flores',
        url: `${url}/hook?token=s3cret`,
        requestHeaders: { 'webhook-id': 'evt_1' },
        responseHeaders: { 'x-user': 'Ana' },
      },
    })
    expect((await post(`/webhook-deliveries/${row.id}/expunge`)).status).toBe(200)
    const { data } = (await api.call(tenant.key, 'GET', `/v1/webhook-deliveries/${row.id}/attempts`)).body
    expect(data).toMatchObject([
      { number: 2, error: 'http_status', request: { url: null, headers: {} }, expungedAt: expect.any(String) },
    ])
    expect(data[0].response).toEqual({ status: 500, headers: {}, body: null })
    const items = await api.tables.messages.query({
      key: { expression: '#pk = :pk', values: { ':pk': `${tenant.scope.prefix}WH#${id}#${row.day}` } },
      limit: 10,
    })
    expect(JSON.stringify(items)).not.toMatch(/Ana|s3cret/)
  })
})
