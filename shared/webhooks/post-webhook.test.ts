import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { makeGuardedAgent } from '../egress/guarded-agent.ts'
import { parseEgressRules } from '../egress/url-rules.ts'
import { postWebhook } from './post-webhook.ts'

const agent = makeGuardedAgent(parseEgressRules({ cidrs: '127.0.0.0/8', http: 'true' }))
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})
afterAll(() => agent.close())

const post = async (listener: RequestListener, deadlineMs = 10_000) => {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  return postWebhook({ dispatcher: agent, url, headers: {}, body: '{}', deadlineMs })
}

describe('a receiver that behaves badly', () => {
  it('never answers: timeout at the deadline', async () => {
    expect(await post(() => undefined, 200)).toMatchObject({ error: 'timeout', httpStatus: null })
  })

  it('drips its body: the one deadline ends it, a 2xx without its body is no delivery', async () => {
    const result = await post((_, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('.'), 20)
      response.once('close', () => clearInterval(drip))
    }, 300)
    expect(result).toMatchObject({ error: 'timeout', httpStatus: 200 })
    expect(result.durationMs).toBeLessThan(5_000)
  })

  it('answers without end: 16 kB are kept, the rest is cut off', async () => {
    const result = await post((_, response) => {
      const block = Buffer.alloc(64 * 1024, 'x')
      const pour = () => {
        while (response.write(block));
        response.once('drain', pour)
      }
      response.on('error', () => undefined)
      pour()
    })
    expect([result.error, result.responseBody?.length]).toEqual([null, 16 * 1024])
  })

  it('redirects to the metadata address: an answer like any other, not followed', async () => {
    const result = await post((_, response) =>
      response.writeHead(307, { location: 'http://169.254.169.254/latest' }).end(),
    )
    expect(result).toMatchObject({ error: 'http_status', httpStatus: 307 })
  })

  it('hangs up: reset; and where nobody listens: connect_refused', async () => {
    expect((await post((request) => request.socket.destroy())).error).toBe('reset')
    const refused = await postWebhook({
      dispatcher: agent,
      url: 'http://127.0.0.1:1/hook',
      headers: {},
      body: '',
      deadlineMs: 5_000,
    })
    expect(refused.error).toBe('connect_refused')
  })

  it('closes the kept connection just when the next event comes: that is no failure', async () => {
    let requests = 0
    const server = createServer((request, response) => {
      requests++
      if (requests === 2) request.socket.destroy()
      else response.end('ok')
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    const send = () => postWebhook({ dispatcher: agent, url, headers: {}, body: '{}', deadlineMs: 10_000 })
    expect((await send()).error).toBeNull()
    expect((await send()).error).toBeNull()
    expect(requests).toBe(3)
  })

  it('sends odd headers: cookies are not kept, long values are cut', async () => {
    const result = await post((_, response) =>
      response.writeHead(200, { 'set-cookie': 'a=1', 'x-long': 'y'.repeat(5_000), 'retry-after': 'soon' }).end(),
    )
    expect(result.responseHeaders).not.toHaveProperty('set-cookie')
    expect(result.responseHeaders['x-long']).toHaveLength(256)
    expect(result.retryAfter).toBe('soon')
  })
})
