import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sessionProxyPlace } from '../../shared/store/places.ts'
import { startTestFleet, until } from '../testing/test-fleet.ts'
import { Egresses } from '../whatsapp/egress.ts'
import { readRanges } from './settings.ts'

const PHONE = '5511944440001'
const CONTACT = '5511944440002'
const sockets = new Set<Socket>()
const servers: Server[] = []

/** A proxy that remembers who came, and may refuse him. */
const startProxy = async () => {
  const logins: string[] = []
  const state = { refuses: false }
  const proxy = createServer((_, response) => response.writeHead(501).end())
  proxy.on('connect', ({ url = '', headers }, client: Socket) => {
    logins.push(String(headers['proxy-authorization'] ?? ''))
    if (state.refuses) return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    const upstream = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => (socket === client ? upstream : client).destroy())
    }
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  servers.push(proxy)
  return { url: `http://user:p%40ss@127.0.0.1:${(proxy.address() as AddressInfo).port}/`, logins, state }
}

let fleet: Awaited<ReturnType<typeof startTestFleet>>
let proxies: Awaited<ReturnType<typeof startProxy>>[]
let sessionId: string

beforeAll(async () => {
  fleet = await startTestFleet()
  proxies = [await startProxy(), await startProxy()]
  const egresses = new Egresses([], [], readRanges('127.0.0.0/8'))
  const worker = await fleet.startWorker({ egresses })
  await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
  sessionId = await fleet.linkSession(worker, PHONE)
})
afterAll(async () => {
  await fleet.stop()
  for (const socket of sockets) socket.destroy()
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
})

/** What PATCH does. */
const setProxy = async (url: string | null): Promise<void> => {
  const sealed = url && (await fleet.tenantKeys.seal(fleet.scope, sessionProxyPlace(sessionId), url))
  await fleet.sessions.update(sessionId, { proxy: sealed ? { sealed, shown: 'http://***@127.0.0.1' } : null })
  const lease = await fleet.leases.get(sessionId)
  await fleet.ring(lease?.queueUrl ?? null, 'desired', sessionId)
}

const sendsAgain = async (): Promise<void> => {
  const { id } = await fleet.accept(sessionId, CONTACT, 'Hi')
  await fleet.untilMessage(id, ['sent', 'delivered', 'read'])
}

describe('a session with a proxy of its own', () => {
  it('connects anew through it as soon as it is set, with its login, and says nothing of it', async () => {
    await setProxy(proxies[0]!.url)
    await until('a tunnel', async () => (proxies[0]!.logins.length > 0 ? true : null))
    expect(proxies[0]!.logins[0]).toBe(`Basic ${btoa('user:p@ss')}`)
    await sendsAgain()
    expect(fleet.published.filter(({ type }) => type === 'session.disconnected')).toEqual([])
  })

  it('goes to another one when it is changed', async () => {
    await setProxy(proxies[1]!.url)
    await until('a tunnel', async () => (proxies[1]!.logins.length > 0 ? true : null))
    await sendsAgain()
  })

  it('says so when it refuses, tries again by itself, and never goes another way', async () => {
    proxies[0]!.state.refuses = true
    await setProxy(proxies[0]!.url)
    const row = await fleet.untilStatus(sessionId, 'reconnecting')
    expect(row.reason).toMatchObject({ code: 'proxy_unreachable', retryable: true, nextAction: 'check_proxy' })
    expect(row.reason?.waCode).toBeUndefined()
    proxies[0]!.state.refuses = false
    expect((await fleet.untilStatus(sessionId, 'connected')).reason).toBeNull()
    await sendsAgain()
  })

  it('a dead one is left at once when another, or none, is set', async () => {
    const before = proxies.map(({ logins }) => logins.length)
    const dead = createServer()
    await once(dead.listen(0, '127.0.0.1'), 'listening')
    const { port } = dead.address() as AddressInfo
    await new Promise((resolve) => dead.close(resolve))
    await setProxy(`http://127.0.0.1:${port}/`)
    expect((await fleet.untilStatus(sessionId, 'reconnecting')).reason?.code).toBe('proxy_unreachable')
    await setProxy(null)
    await fleet.untilStatus(sessionId, 'connected')
    await sendsAgain()
    expect(proxies.map(({ logins }) => logins.length)).toEqual(before)
  })
})
