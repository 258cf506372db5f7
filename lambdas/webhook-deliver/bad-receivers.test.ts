import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../shared/core/ids.ts'
import { type GuardedAgentOptions, makeGuardedAgent } from '../../shared/egress/guarded-agent.ts'
import { testCertificate } from '../../shared/egress/testing/certificate.ts'
import { parseEgressRules } from '../../shared/egress/url-rules.ts'
import { Deliveries } from '../../shared/store/deliveries.ts'
import type { NewEndpointRow } from '../../shared/store/rows/webhook.ts'
import { postWebhook } from '../../shared/webhooks/post-webhook.ts'
import { deliver } from './deliver.ts'
import { type Pipeline, startPipeline, TEST_SECRET } from './testing/pipeline.ts'

/** The receivers of the world: each time the ledger says what happened, and the neighbour has its event meanwhile. */
const DEADLINE_MS = 1_000
const closing: (() => unknown)[] = []
let pipeline: Pipeline
let tlsUrl: string
let plainOnTlsUrl: string
beforeAll(async () => {
  pipeline = await startPipeline()
  const secure = createHttpsServer(testCertificate, (_, response) => response.end('never'))
  const notTls = createTcpServer((socket) => void socket.on('error', () => undefined).end('HTTP/1.1 200 OK\r\n\r\n'))
  for (const server of [secure, notTls]) await once(server.listen(0, '127.0.0.1'), 'listening')
  tlsUrl = `https://hook.test:${(secure.address() as AddressInfo).port}/`
  plainOnTlsUrl = `https://hook.test:${(notTls.address() as AddressInfo).port}/`
  closing.push(
    () => secure.close(),
    () => secure.closeAllConnections(),
    () => notTls.close(),
  )
})
afterAll(async () => {
  for (const close of closing) await close()
  await pipeline.stop()
})
beforeEach(() => pipeline.reset())

const answers = (bad: (response: ServerResponse) => void) => {
  pipeline.state.answer = ({ path }, response) => {
    if (path === '/bad') bad(response)
    else response.writeHead(200).end('fine')
  }
}

/** One event to a bad endpoint and to its neighbour, in one batch. The bad one may take its whole deadline. */
const deliverBoth = async (
  options: { endpoint?: Partial<NewEndpointRow>; agent?: GuardedAgentOptions; isSlow?: boolean } = {},
) => {
  const bad = await pipeline.endpoint({ url: pipeline.url.replace('/hook', '/bad'), ...options.endpoint })
  const neighbour = await pipeline.endpoint()
  await pipeline.fanOut(await pipeline.writeEvent())
  const rules = parseEgressRules({ cidrs: '127.0.0.0/8', http: 'true' })
  const agent = makeGuardedAgent(rules, options.agent)
  const run = (endpointId: string) => {
    const { hint } = pipeline.state.queue.find(({ hint }) => hint.endpointId === endpointId)!
    const dependencies = {
      ...pipeline.dependencies,
      post: (input: Parameters<typeof pipeline.dependencies.post>[0]) =>
        postWebhook({ ...input, dispatcher: agent, deadlineMs: DEADLINE_MS }),
    }
    return deliver(dependencies, pipeline.state.scope, hint as Parameters<typeof deliver>[2])
  }
  let isBadOver = false
  const badRun = run(bad).finally(() => {
    isBadOver = true
  })
  expect((await run(neighbour)).outcome).toBe('delivered')
  if (options.isSlow) expect(isBadOver).toBe(false)
  await badRun
  await agent.close()
  const [row] = await pipeline.ledger(bad)
  const [attempt] = await new Deliveries(pipeline.tables, pipeline.state.scope).listAttempts(row!)
  expect(row!.attempts).toBe(1)
  return { row: row!, attempt: attempt!, waitSeconds: ((row!.nextAttemptAt ?? 0) - pipeline.state.now) / 1000 }
}

describe('the ledger says what happened, nobody else waits', () => {
  it('an endpoint that hangs: timeout, a minute of rest', async () => {
    answers(() => undefined)
    const { row, attempt, waitSeconds } = await deliverBoth({ isSlow: true })
    expect(row).toMatchObject({ status: 'retrying', lastError: 'timeout', lastStatus: null })
    expect(attempt).toMatchObject({ error: 'timeout', httpStatus: null, firstByteMs: null })
    expect(attempt.connection).toMatchObject({ address: '127.0.0.1', connectMs: expect.any(Number) })
    expect(attempt.durationMs).toBeGreaterThanOrEqual(DEADLINE_MS - 50)
    expect(waitSeconds).toBeGreaterThanOrEqual(60)
  })

  it('one that drips bytes: timeout although its 200 came, the one deadline holds', async () => {
    answers((response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('.'), 50)
      response.once('close', () => clearInterval(drip))
    })
    const { row, attempt } = await deliverBoth({ isSlow: true })
    expect(row).toMatchObject({ status: 'retrying', lastError: 'timeout', lastStatus: 200 })
    expect(attempt.firstByteMs).not.toBeNull()
    expect(attempt.durationMs).toBeLessThan(DEADLINE_MS + 2_000)
  })

  it('one that redirects to the metadata address: http_status 302 with the location, nothing followed', async () => {
    answers((response) => void response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end())
    const { row, attempt } = await deliverBoth()
    expect(row).toMatchObject({ status: 'retrying', lastError: 'http_status', lastStatus: 302 })
    expect(attempt.responseHeaders.location).toBe('http://169.254.169.254/latest/meta-data/')
  })

  it.each([
    ['30', 60],
    ['90', 90],
    ['86400', 120],
    ['99999999999999999999', 60],
    ['0', 60],
    ['-1', 60],
    ['1.5', 60],
    ['soon', 60],
    ['', 60],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 60],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 120],
    ['120, 240', 60],
  ])('429 with retry-after "%s": again after %i s', async (header, seconds) => {
    answers((response) => void response.writeHead(429, { 'retry-after': header }).end())
    const { row, waitSeconds } = await deliverBoth()
    expect(row).toMatchObject({ status: 'retrying', lastError: 'http_status', lastStatus: 429 })
    expect(waitSeconds).toBe(seconds)
  })

  it('one that answers without end: delivered, 16 kB kept', async () => {
    answers((response) => {
      const block = Buffer.alloc(64 * 1024, 'x')
      response.on('error', () => undefined)
      const pour = () => {
        while (response.write(block));
        response.once('drain', pour)
      }
      pour()
    })
    const { row, attempt } = await deliverBoth()
    expect(row).toMatchObject({ status: 'delivered', lastError: null })
    expect(attempt.responseBody).toHaveLength(16 * 1024)
  })

  it('one with 200 headers of 4 kB, cookies and bytes that are no text: cut, stored, readable', async () => {
    answers((response) => {
      response.writeHead(500, { 'set-cookie': 'session=1', 'x-long': 'y'.repeat(4_000) })
      response.end(Buffer.from([0, 255, 254, 128, 65]))
    })
    const { attempt } = await deliverBoth()
    expect(attempt.responseHeaders).not.toHaveProperty('set-cookie')
    expect(attempt.responseHeaders['x-long']).toHaveLength(256)
    expect(attempt.responseBody).toContain('A')
  })

  const toLoopback = async () => [{ address: '127.0.0.1', family: 4 }]
  it.each([
    ['a certificate that nobody signed', () => tlsUrl, { lookupAll: toLoopback }],
    [
      'a certificate of another host',
      () => tlsUrl.replace('hook.test', 'other.test'),
      { lookupAll: toLoopback, ca: testCertificate.cert },
    ],
    ['no TLS at all on the https port', () => plainOnTlsUrl, { lookupAll: toLoopback, ca: testCertificate.cert }],
  ] as const)('%s: tls_failed', async (_, url, agent) => {
    const { row, attempt } = await deliverBoth({ endpoint: { url: url() }, agent })
    expect(row).toMatchObject({ status: 'retrying', lastError: 'tls_failed', lastStatus: null })
    expect(attempt.responseHeaders).toEqual({})
  })

  it('a name whose DNS answer changes to a private address: blocked_address, and the ledger names no address', async () => {
    let asked = 0
    const lookupAll = async () => [{ address: ++asked > 1 ? '10.1.2.3' : '127.0.0.1', family: 4 }]
    answers((response) => void response.writeHead(500).end())
    const url = pipeline.url.replace('127.0.0.1', 'rebinding.test').replace('/hook', '/bad')
    const first = await deliverBoth({ endpoint: { url }, agent: { lookupAll } })
    expect(first.row.lastError).toBe('http_status')
    const second = await deliverBoth({ endpoint: { url }, agent: { lookupAll } })
    expect(second.row).toMatchObject({ status: 'retrying', lastError: 'blocked_address', lastStatus: null })
    expect(JSON.stringify([second.row, second.attempt])).not.toContain('10.1.2.3')
  })

  it('a name that is not there: dns_failed', async () => {
    const lookupAll = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))
    const url = pipeline.url.replace('127.0.0.1', 'gone.test')
    expect((await deliverBoth({ endpoint: { url }, agent: { lookupAll } })).row.lastError).toBe('dns_failed')
  })
})

describe('much of everything', () => {
  it('an event as large as a text may be: every byte arrives, signed', async () => {
    const body = '語'.repeat(65_536)
    const endpointId = await pipeline.endpoint()
    await pipeline.fanOut(await pipeline.writeEvent({ data: { message: { text: { body } } } }))
    await pipeline.drain()
    expect(await pipeline.ledger(endpointId)).toMatchObject([{ status: 'delivered', attempts: 1 }])
    const [got] = pipeline.state.received
    expect(JSON.parse(got!.body).data.message.text.body).toBe(body)
    expect(() => new Webhook(TEST_SECRET).verify(got!.body, got!.headers as Record<string, string>)).not.toThrow()
  })

  it('1,000 endpoints of one tenant: a delivery each; the event of another tenant is through before them', async () => {
    const many = pipeline.state.scope
    for (let start = 0; start < 1_000; start += 50)
      await Promise.all(Array.from({ length: 50 }, () => pipeline.endpoint({ url: pipeline.url })))
    const ref = await pipeline.writeEvent()
    const large = pipeline.fanOut(ref)
    let isLargeOver = false
    void large.then(() => {
      isLargeOver = true
    })
    const largeQueue = pipeline.state.queue
    pipeline.reset()
    const other = await pipeline.endpoint()
    await pipeline.fanOut(await pipeline.writeEvent({ sessionId: newId('ses') }))
    await pipeline.drain()
    expect((await pipeline.ledger(other)).map(({ status }) => status)).toEqual(['delivered'])
    expect(isLargeOver).toBe(false)
    expect(await large).toEqual({ deliveries: 1_000 })
    const hints = [...largeQueue, ...pipeline.state.queue].filter(({ hint }) => hint.tenantId === many.tenantId)
    // The group of the fair queue is the endpoint: one that is slow is one of a thousand.
    expect(new Set(hints.map(({ hint }) => hint.endpointId)).size).toBe(1_000)
  }, 120_000)
})
