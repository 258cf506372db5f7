import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer, get, type Server } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { postWebhook } from '../webhooks/post-webhook.ts'
import { type GuardedAgent, makeGuardedAgent } from './guarded-agent.ts'
import { guardedDownload } from './guarded-download.ts'
import { openTunnel } from './guarded-tunnel.ts'
import { HOSTILE_REDIRECTS, HOSTILE_URLS, type HostileUrl } from './testing/hostile-urls.ts'
import { parseEgressRules, problemOfProxyUrl, problemOfTenantProxyUrl, problemOfUrl } from './url-rules.ts'

/** 127.0.0.2 stands for the public internet; the listeners on 127.0.0.1 and ::1 for what must never be called. */
const rules = parseEgressRules({ cidrs: '127.0.0.2/32', http: 'true' })
const servers: Server[] = []
let port: number
let publicPort: number
let reached = 0
let reachedPublic = 0
let answerOfPublic: { status: number; location?: string } = { status: 200 }

const listen = (server: Server, host: string, at: number) => {
  servers.push(server)
  return new Promise<number>((resolve) =>
    server.listen(at, host, () => resolve((server.address() as AddressInfo).port)),
  )
}
const victim = () =>
  createServer((_, response) => {
    reached++
    response.end('credentials')
  }).on('connect', (_, socket) => {
    reached++
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })

beforeAll(async () => {
  port = await listen(victim(), '127.0.0.1', 0)
  await listen(victim(), '::1', port)
  publicPort = await listen(
    createServer((_, response) => {
      reachedPublic++
      const { status, location } = answerOfPublic
      response.writeHead(status, location ? { location: location.replace('PORT', String(port)) } : {}).end('hello')
    }),
    '127.0.0.2',
    port,
  )
})
beforeEach(() => {
  reached = 0
  reachedPublic = 0
  answerOfPublic = { status: 200 }
})
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

const lookupOf = ({ answers }: HostileUrl) => {
  let call = 0
  return async () =>
    (answers![Math.min(call++, answers!.length - 1)] ?? []).map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }))
}
const agentFor = (form: HostileUrl) =>
  makeGuardedAgent(rules, { connectTimeoutMs: 2_000, ...(form.answers ? { lookupAll: lookupOf(form) } : {}) })
const at = (form: HostileUrl) => form.url.replaceAll('PORT', String(port))
const nameOf = (url: string) => JSON.stringify(url)

const tunnelThrough = (agent: GuardedAgent, proxyUrl: string) =>
  new Promise<string>((resolve) => {
    openTunnel(agent, new URL(proxyUrl), { host: '192.0.2.1', port: 443 }, (error, socket) => {
      socket?.destroy()
      resolve((error as NodeJS.ErrnoException | null)?.code ?? 'null')
    })
  })

/** Everything that may be done with a customer's URL, as a webhook, a file and a proxy. A name is asked for three times: it may change its mind. */
const callEverything = async (form: HostileUrl): Promise<string[]> => {
  const agent = agentFor(form)
  const outcomes: string[] = []
  for (let round = 0; round < 3; round++) {
    const url = at(form)
    const posted = await postWebhook({ dispatcher: agent, url, headers: {}, body: '{}', deadlineMs: 10_000 })
    outcomes.push(String(posted.error))
    const downloaded = await guardedDownload({ agent, url, rules, deadlineMs: 10_000, maximumBytes: 1_000 }).catch(
      (error) => error,
    )
    outcomes.push(downloaded.code ?? String(downloaded.status))
    downloaded.body?.destroy()
    if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) outcomes.push(await tunnelThrough(agent, url))
  }
  await agent.close()
  return outcomes
}

describe(`${HOSTILE_URLS.length} hostile forms of a URL: 0 reached`, () => {
  it.each(HOSTILE_URLS.map((form) => [nameOf(form.url), form] as const))('%s', async (_, form) => {
    const outcomes = await callEverything(form)
    expect(reached).toBe(0)
    // Only a name that first pointed to the public server may have been served by it, and only by it.
    if (!form.answers?.some((answer) => answer.every((address) => address === '127.0.0.2') && answer.length > 0)) {
      expect(outcomes).not.toContain('null')
      expect(outcomes).not.toContain('200')
      expect(reachedPublic).toBe(0)
    }
  })
})

it('a literal that is not allowed opens no socket at all', async () => {
  let sockets = 0
  const count = () => void sockets++
  subscribe('net.client.socket', count)
  const literals = HOSTILE_URLS.filter(({ url, answers }) => !answers && !/localhost|loopback|ｌ|ⓛ|\u00ad/i.test(url))
  for (const form of literals) await callEverything(form)
  unsubscribe('net.client.socket', count)
  expect(literals.length).toBeGreaterThan(120)
  expect(sockets).toBe(0)
})

const reaching = HOSTILE_URLS.filter((form) => form.reaches)
describe(`control: without the guard ${reaching.length} of them reach the listener`, () => {
  it.each(reaching.map((form) => [nameOf(form.url), form] as const))('%s', async (_, form) => {
    const lookup = form.answers ? lookupOf(form) : null
    await new Promise<void>((resolve, reject) => {
      const request = get(new URL(at(form)), {
        agent: false,
        ...(lookup && {
          lookup: ((_: string, options, done) =>
            void lookup().then((found) =>
              options.all ? done(null, found) : done(null, found[0]!.address, found[0]!.family),
            )) satisfies LookupFunction,
        }),
      })
      request.once('response', (response) => response.resume().once('end', resolve)).once('error', reject)
    })
    expect(reached).toBe(1)
  })
})

describe(`${HOSTILE_REDIRECTS.length} hostile redirects of an allowed server: 0 followed`, () => {
  it.each(HOSTILE_REDIRECTS)('$status $location', async (redirect) => {
    answerOfPublic = redirect
    const agent = makeGuardedAgent(rules)
    const url = `http://127.0.0.2:${publicPort}/`
    const posted = await postWebhook({ dispatcher: agent, url, headers: {}, body: '{}', deadlineMs: 10_000 })
    expect(posted).toMatchObject({ error: 'http_status', httpStatus: redirect.status })
    const error = await guardedDownload({ agent, url, rules, deadlineMs: 10_000, maximumBytes: 9 }).catch((e) => e)
    expect(error).toMatchObject({ code: 'http_status', status: redirect.status })
    await agent.close()
    expect([reached, reachedPublic]).toEqual([0, 2])
  })
})

it('every form without a name of its own is refused when it is registered', () => {
  const cloud = parseEgressRules({ cidrs: null, http: 'true' })
  const passed = HOSTILE_URLS.filter((form) => !form.answers && problemOfUrl(at(form), cloud) === null)
  // Names that a hosts file may know: only look-up can tell.
  expect(passed.map(({ url }) => url)).toEqual(['http://ip6-localhost:PORT/', 'http://ip6-loopback:PORT/'])
  // As the address of a proxy too; it may have a login, in this table always beside a private address.
  const asProxy = HOSTILE_URLS.filter((form) => !form.answers && problemOfProxyUrl(at(form), cloud) === null)
  expect(asProxy.map(({ url }) => url)).toEqual(['http://ip6-localhost:PORT/', 'http://ip6-loopback:PORT/'])
  const ofTenant = HOSTILE_URLS.filter((form) => !form.answers && problemOfTenantProxyUrl(at(form), cloud) === null)
  expect(ofTenant).toEqual(asProxy)
})
