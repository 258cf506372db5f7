import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { postWebhook } from '../webhooks/post-webhook.ts'
import { BlockedAddressError, type GuardedAgentOptions, makeGuardedAgent, requestGuarded } from './guarded-agent.ts'
import { testCertificate } from './testing/certificate.ts'
import { type EgressRules, parseEgressRules } from './url-rules.ts'

const open = parseEgressRules({ cidrs: '127.0.0.0/8', http: null })
const toLoopback = async () => [{ address: '127.0.0.1', family: 4 }]
const sockets = new Set<Socket>()
let secure: HttpsServer
let silent: Server
let silentBytes = 0

beforeAll(async () => {
  secure = createHttpsServer(testCertificate, (request, response) => {
    sockets.add(request.socket)
    response.end('reached')
  })
  silent = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      silentBytes += bytes.length
    })
  })
  for (const server of [secure, silent]) await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  for (const server of [secure, silent]) await new Promise((resolve) => server.close(resolve))
})

const agents: ReturnType<typeof makeGuardedAgent>[] = []
afterAll(() => Promise.all(agents.map((agent) => agent.close())))
const agentOf = (options: GuardedAgentOptions, rules: EgressRules = open) => {
  const agent = makeGuardedAgent(rules, { lookupAll: toLoopback, ca: testCertificate.cert, ...options })
  agents.push(agent)
  return agent
}
const get = async (agent: ReturnType<typeof makeGuardedAgent>, host: string, server: Server = secure) => {
  const url = new URL(`https://${host}:${(server.address() as AddressInfo).port}/`)
  const [response] = (await once(requestGuarded(agent, url, {}).end(), 'response')) as [IncomingMessage]
  return Buffer.concat(await response.toArray()).toString()
}

it('https: a trusted certificate of this name, by name and by literal address', async () => {
  expect(await get(agentOf({}), 'hook.test')).toBe('reached')
  expect(await get(agentOf({}), '127.0.0.1')).toBe('reached')
})

it('https: a certificate of another name or of an unknown issuer is refused', async () => {
  await expect(get(agentOf({}), 'other.test')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  const strangers = makeGuardedAgent(open, { lookupAll: toLoopback })
  agents.push(strangers)
  await expect(get(strangers, 'hook.test')).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
})

it('https: two requests in a row use one connection', async () => {
  const agent = agentOf({})
  const before = sockets.size
  await get(agent, 'hook.test')
  await get(agent, 'hook.test')
  expect(sockets.size - before).toBe(1)
})

it('https: a delivery says which address it reached and how long look-up, connect and TLS took', async () => {
  const url = `https://hook.test:${(secure.address() as AddressInfo).port}/`
  const dispatcher = agentOf({})
  const post = () => postWebhook({ dispatcher, url, headers: {}, body: '{}', deadlineMs: 10_000 })
  const took = expect.any(Number)
  expect((await post()).connection).toEqual({ address: '127.0.0.1', dnsMs: took, connectMs: took, tlsMs: took })
  // The open connection again: there is nothing to measure.
  expect((await post()).connection).toEqual({ address: '127.0.0.1', dnsMs: null, connectMs: null, tlsMs: null })
})

it('a server that never answers the handshake: the connect timeout ends it', async () => {
  await expect(get(agentOf({ connectTimeoutMs: 200 }), 'hook.test', silent)).rejects.toMatchObject({
    code: 'ETIMEDOUT',
  })
})

it('the address that was really reached is checked: no byte of TLS is written to a blocked one', async () => {
  silentBytes = 0
  let looks = 0
  // The first look, at the DNS answer, passes; the second, at the connected socket, sees a closed range.
  const closing: EgressRules = {
    allowHttp: false,
    get allowedRanges() {
      return looks++ < 1 ? open.allowedRanges : []
    },
  }
  const arrived = once(silent, 'connection')
  await expect(get(agentOf({}, closing), 'hook.test', silent)).rejects.toBeInstanceOf(BlockedAddressError)
  const [socket] = (await arrived) as [Socket]
  if (!socket.closed) await once(socket, 'close')
  expect(silentBytes).toBe(0)
})
