import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createHttpsServer, request } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { testCertificate } from '../../shared/egress/testing/certificate.ts'
import { openMemoryLog, quietLog } from '../auth-log/testing/open-memory-log.ts'
import { readProxies, readRanges } from '../worker/settings.ts'
import type { ConnectionEvents } from './connection.ts'
import { describeDisconnect } from './disconnect.ts'
import { Egresses } from './egress.ts'
import { socketOptions } from './socket-options.ts'

/** As a deployment opens its own network, where its proxies are. */
const LOOPBACK = readRanges('127.0.0.0/8')
const sockets = new Set<Socket>()
const servers: Server[] = []
const portOf = (server: Server): number => (server.address() as AddressInfo).port

/** A proxy that remembers where it was asked to go. */
const startProxy = async () => {
  const tunnels: string[] = []
  const proxy = createServer((_, response) => response.writeHead(501).end())
  proxy.on('connect', ({ url = '', headers }, client: Socket) => {
    tunnels.push(`${url} ${headers['proxy-authorization'] ?? ''}`.trim())
    const upstream = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  servers.push(proxy)
  return { url: `http://user:p%40ss@127.0.0.1:${portOf(proxy)}/`, tunnels }
}

let target: Server
let proxies: Awaited<ReturnType<typeof startProxy>>[]
const before = getCACertificates('default')

beforeAll(async () => {
  setDefaultCACertificates([...before, testCertificate.cert])
  target = createHttpsServer(testCertificate, (incoming, response) => response.end(incoming.method)) as Server
  target.on('connection', (socket: Socket) => sockets.add(socket))
  new WebSocketServer({ server: target }).on('connection', (socket) => socket.send('hello'))
  await once(target.listen(0, '127.0.0.1'), 'listening')
  servers.push(target)
  proxies = [await startProxy(), await startProxy()]
})
beforeEach(() => {
  for (const { tunnels } of proxies) tunnels.length = 0
})
afterAll(async () => {
  setDefaultCACertificates(before)
  for (const socket of sockets) socket.destroy()
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
})

const optionsOf = async (egress: ReturnType<Egresses['of']>) => {
  const { log } = await openMemoryLog()
  return socketOptions(
    {
      log,
      url: 'wss://127.0.0.1/',
      version: null,
      egress,
      link: null,
      events: {} as ConnectionEvents,
      loadSentProto: async () => undefined,
      logger: quietLog,
    },
    0.5,
  )
}

describe('the way out of an account', () => {
  it('is one for its socket, its uploads and its downloads, and the same on every worker', async () => {
    const urls = proxies.map(({ url }) => url)
    const host = `127.0.0.1:${portOf(target)}`
    for (const sessionId of ['ses_1', 'ses_2', 'ses_3', 'ses_4']) {
      for (const { tunnels } of proxies) tunnels.length = 0
      const { agent, fetchAgent, options } = await optionsOf(new Egresses(urls, LOOPBACK).of(sessionId))
      const socket = new WebSocket(`wss://${host}/`, { agent })
      expect(String((await once(socket, 'message'))[0])).toBe('hello')
      socket.terminate()
      const upload = request(`https://${host}/`, { method: 'POST', agent: fetchAgent }).end()
      const [answer] = await once(upload, 'response')
      expect(String(Buffer.concat(await answer.toArray()))).toBe('POST')
      expect(await (await fetch(`https://${host}/`, options as RequestInit)).text()).toBe('GET')
      const used = proxies.filter(({ tunnels }) => tunnels.length > 0)
      expect(used).toHaveLength(1)
      expect(new Set(used[0]?.tunnels)).toEqual(new Set([`${host} Basic ${btoa('user:p@ss')}`]))
      expect(used[0]?.tunnels.length).toBeGreaterThanOrEqual(2)
      expect(new Egresses(urls.toReversed(), LOOPBACK).of(sessionId)).not.toBeNull()
    }
  })

  it('is the worker’s own network when none is configured', async () => {
    const { agent, fetchAgent, options } = await optionsOf(new Egresses([]).of('ses_1'))
    expect([agent, fetchAgent, options]).toEqual([undefined, undefined, undefined])
  })

  it('is refused with its place in the list when it is no proxy, and its password is not repeated', () => {
    expect(readProxies(null, [])).toEqual([])
    expect(readProxies(' http://a:1 , http://u:p@b.example:3128 ', [])).toEqual([
      'http://a:1/',
      'http://u:p@b.example:3128/',
    ])
    for (const bad of ['socks5://u:secret@a:1', 'u:secret@a', 'http://u:secret@a:1/path'])
      expect(() => readProxies(`http://a:1,${bad}`, [])).toThrow(
        /^WA_EGRESS_PROXIES: number 2 is not like (?!.*secret)/,
      )
    expect(() => readProxies('http://u:sec%ret@a:1', [])).toThrow(/number 1 has a % in its password(?!.*sec)/)
    expect(() => readProxies('http://u:secret@169.254.169.254', [])).toThrow(/number 1 leads to a private(?!.*secret)/)
    expect(() => readRanges('10.0.0.0')).toThrow(/^WA_EGRESS_ALLOW_CIDRS is not like/)
  })

  it('a private address for a proxy needs its range in WA_EGRESS_ALLOW_CIDRS, at acceptance and at connect', async () => {
    const { url, tunnels } = proxies[0]!
    expect(() => readProxies(url, [])).toThrow('number 1 leads to a private address')
    expect(readProxies(url, LOOPBACK)).toEqual([url])
    const { agent, fetchAgent, options } = await optionsOf(new Egresses([url]).of('ses_1'))
    const host = `127.0.0.1:${portOf(target)}`
    const socket = new WebSocket(`wss://${host}/`, { agent })
    expect(await once(socket, 'error')).toMatchObject([{ code: 'ERR_BLOCKED_ADDRESS' }])
    const upload = request(`https://${host}/`, { method: 'POST', agent: fetchAgent }).end()
    expect(await once(upload, 'error')).toMatchObject([{ code: 'ERR_BLOCKED_ADDRESS' }])
    await expect(fetch(`https://${host}/`, options as RequestInit)).rejects.toMatchObject({
      cause: { code: 'ERR_BLOCKED_ADDRESS' },
    })
    expect(tunnels).toEqual([])
  })

  it('a proxy that refuses, or that answers no proxy’s answer, is an error that says so', async () => {
    const refusing = createServer((_, response) => response.end('a web page'))
    refusing.on('connect', (_, client: Socket) => void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'))
    await once(refusing.listen(0, '127.0.0.1'), 'listening')
    servers.push(refusing)
    const { agent } = await optionsOf(new Egresses([`http://127.0.0.1:${portOf(refusing)}/`], LOOPBACK).of('ses_1'))
    const socket = new WebSocket(`wss://127.0.0.1:${portOf(target)}/`, { agent })
    expect(await once(socket, 'error')).toMatchObject([{ code: 'ERR_TUNNEL', message: 'the proxy answered 407' }])
  })

  it('of a session’s own is used for all three, and may not lie where only the operator’s may', async () => {
    const { url, tunnels } = proxies[0]!
    const host = `127.0.0.1:${portOf(target)}`
    const own = await optionsOf(new Egresses([proxies[1]!.url], LOOPBACK, LOOPBACK).own(url))
    const socket = new WebSocket(`wss://${host}/`, { agent: own.agent })
    expect(String((await once(socket, 'message'))[0])).toBe('hello')
    socket.terminate()
    const upload = request(`https://${host}/`, { method: 'POST', agent: own.fetchAgent }).end()
    const [answer] = await once(upload, 'response')
    expect(String(Buffer.concat(await answer.toArray()))).toBe('POST')
    expect(await (await fetch(`https://${host}/`, own.options as RequestInit)).text()).toBe('GET')
    expect([tunnels.length, proxies[1]!.tunnels.length]).toEqual([3, 0])

    const { agent } = await optionsOf(new Egresses([], LOOPBACK).own(url))
    const [error] = await once(new WebSocket(`wss://${host}/`, { agent }), 'error')
    expect(error).toMatchObject({ code: 'ERR_BLOCKED_ADDRESS' })
    expect(tunnels).toHaveLength(3)
    // What is logged of it names neither an address nor a login.
    const data = Object.assign(error, { address: '127.0.0.1' })
    expect(describeDisconnect({ message: 'WebSocket Error', output: { statusCode: 408 }, data }, true)).toEqual({
      code: 0,
      message: 'Proxy not reachable',
      data: { problem: 'ERR_BLOCKED_ADDRESS' },
    })
  })
})
