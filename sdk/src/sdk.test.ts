import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Fleetline, FleetlineConnectionError, FleetlineError, verifyWebhook, WebhookVerificationError } from './main.ts'
import { makeSend } from './send.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

let server: Server
let baseUrl: string
let answers: Answer[] = []
let seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      seen.push({ method: request.method!, url: request.url!, headers: request.headers, body })
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!
      answer(request, response, body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
beforeEach(() => {
  seen = []
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
const problem = (status: number, code: string, retryable: boolean, headers: Record<string, string> = {}) =>
  json(status, { code, status, detail: 'why', requestId: 'req_1', retryable }, headers)
const hangUp: Answer = (request) => void request.socket.destroy()

const client = () => new Fleetline({ apiKey: 'flk_test_x', baseUrl })
const text = { sessionId: 'ses_1', to: '+5511988887777', type: 'text', text: { body: 'x' } } as const

describe('requests', () => {
  it('carry the key, JSON, and an encoded path', async () => {
    answers = [json(200, { id: 'ses_1' })]
    await client().sessions.get('a/b?c')
    expect(seen[0]).toMatchObject({ method: 'GET', url: '/v1/sessions/a%2Fb%3Fc' })
    expect(seen[0]!.headers.authorization).toBe('Bearer flk_test_x')
  })

  it('a message is sent again with the same Idempotency-Key and body after a failure of the network or the server', async () => {
    answers = [hangUp, problem(503, 'unavailable', true, { 'retry-after': '0' }), json(202, { id: 'msg_1' })]
    expect(await client().messages.create(text)).toEqual({ id: 'msg_1' })
    expect(seen).toHaveLength(3)
    const keys = seen.map(({ headers }) => headers['idempotency-key'])
    expect(new Set(keys).size).toBe(1)
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/)
    expect(new Set(seen.map(({ body }) => body)).size).toBe(1)
  })

  it('what would act twice is not sent twice', async () => {
    answers = [problem(503, 'unavailable', true)]
    const send = makeSend({ apiKey: 'flk_test_x', baseUrl })
    const act = { method: 'POST', path: '/v1/x', body: {}, retryable: false } as const
    await expect(send(act)).rejects.toMatchObject({ code: 'unavailable' })
    expect(seen).toHaveLength(1)
  })

  it('waits as long as Retry-After says, and gives up at once on refusals', async () => {
    answers = [
      problem(429, 'rate_limited', true, { 'retry-after': '1' }),
      json(200, { data: [], nextCursor: null, hasMore: false }),
    ]
    const started = performance.now()
    await client().messages.list()
    expect(performance.now() - started).toBeGreaterThanOrEqual(990)
    seen = []
    answers = [problem(404, 'not_found', false)]
    const error = await client()
      .sessions.get('ses_1')
      .catch((caught) => caught)
    expect(error).toBeInstanceOf(FleetlineError)
    expect(error).toMatchObject({ status: 404, code: 'not_found', detail: 'why', requestId: 'req_1', retryable: false })
    expect(seen).toHaveLength(1)
  })

  it('no answer at all is an error of its own; an abort is passed on', async () => {
    answers = [hangUp]
    const once = { maximumRetries: 0 }
    await expect(client().limits.get(once)).rejects.toBeInstanceOf(FleetlineConnectionError)
    await expect(client().limits.get({ signal: AbortSignal.abort() })).rejects.toThrow(/abort/i)
  })

  it('an answer of a proxy that is not JSON is still an error with a status', async () => {
    answers = [
      (_request, response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>'),
    ]
    const error = await client()
      .limits.get({ maximumRetries: 0 })
      .catch((caught) => caught)
    expect(error).toMatchObject({ status: 502, code: 'unknown' })
  })
})

describe('lists', () => {
  it('await gives one page, for await gives every item of all pages', async () => {
    const pages = () => [
      json(200, { data: [{ id: 1 }, { id: 2 }], nextCursor: 'c1', hasMore: true }),
      json(200, { data: [{ id: 3 }], nextCursor: null, hasMore: false }),
    ]
    answers = pages()
    expect((await client().sessions.list({ limit: 2 })).data).toHaveLength(2)
    answers = pages()
    seen = []
    const ids: unknown[] = []
    for await (const session of client().sessions.list({ limit: 2 })) ids.push(session.id)
    expect(ids).toEqual([1, 2, 3])
    expect(seen.map(({ url }) => url)).toEqual(['/v1/sessions?limit=2', '/v1/sessions?limit=2&cursor=c1'])
  })
})

describe('webhooks', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const body = JSON.stringify({ id: 'evt_1', type: 'message.received', data: { message: { id: 'msg_1' } } })
  const signed = (at = new Date(), key = secret) => ({
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(key).sign('evt_1', at, body),
  })

  it('verifies what any Standard Webhooks sender signs, as text and as bytes, and types the event', async () => {
    const event = await verifyWebhook({ body, headers: signed(), secret })
    expect(event.type === 'message.received' && event.data.message.id).toBe('msg_1')
    await verifyWebhook({ body: Buffer.from(body), headers: new Headers(signed()), secret })
  })

  it('takes any of several secrets and any of several signatures', async () => {
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
    await verifyWebhook({ body, headers: signed(), secret: [other, secret] })
    const both = {
      ...signed(),
      'webhook-signature': `v1a,xxx ${signed(new Date(), other)['webhook-signature']} ${signed()['webhook-signature']}`,
    }
    await verifyWebhook({ body, headers: both, secret })
  })

  it.each([
    ['a changed body', { body: `${body} ` }],
    ['another secret', { secret: `whsec_${Buffer.alloc(32, 9).toString('base64')}` }],
    ['an old request', { headers: signed(new Date(Date.now() - 330_000)) }],
    ['a request from the future', { headers: signed(new Date(Date.now() + 330_000)) }],
    ['no signature', { headers: { 'webhook-id': 'x' } }],
    ['a timestamp that is no number', { headers: { ...signed(), 'webhook-timestamp': 'soon' } }],
  ])('refuses %s', async (_what, change) => {
    await expect(verifyWebhook({ body, headers: signed(), secret, ...change })).rejects.toBeInstanceOf(
      WebhookVerificationError,
    )
  })
})
