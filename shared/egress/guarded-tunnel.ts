import http from 'node:http'
import { Agent } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { type GuardedAgent, requestGuarded } from './guarded-agent.ts'

interface Target {
  readonly host: string
  readonly port: number
  /** name in the certificate, when it is not the host */
  readonly servername?: string | undefined
}
type Connected = (error: Error | null, socket: Duplex | null) => void

const TUNNEL_TIMEOUT_MS = 15_000

/** The proxy did not open the way. Its address is for our log only. */
export class TunnelError extends Error {
  readonly code = 'ERR_TUNNEL'
}

/** Errors on the way to a target that are its proxy's, not the target's. */
const ofProxies = new WeakSet<object>()
export const isProxyError = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && ofProxies.has(error)

/**
 * TLS to a target through an HTTP proxy. The proxy is called over the guard: its literal address, every DNS answer and the
 * address really reached are checked before a byte, or a password, goes to it.
 * @param proxyUrl http or https, already judged by problemOfProxyUrl
 * @param isPlain no TLS: for a test server that speaks ws:
 */
export const openTunnel = (
  guard: GuardedAgent,
  proxyUrl: URL,
  target: Target,
  done: Connected,
  isPlain = false,
): void => {
  const authority = `${isIP(target.host) === 6 ? `[${target.host}]` : target.host}:${target.port}`
  const login = [proxyUrl.username, proxyUrl.password].map(decodeURIComponent).join(':')
  let current: Duplex | null = null
  const request = requestGuarded(guard, proxyUrl, {
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      ...(login === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }),
    },
  })
  let pending = true
  const settle = (error: Error | null, socket: Duplex | null = null) => {
    if (!pending) return
    pending = false
    clearTimeout(timer)
    if (error) {
      request.destroy()
      current?.destroy()
    }
    done(error, socket)
  }
  const settleByProxy = (error: Error) => {
    ofProxies.add(error)
    settle(error)
  }
  const timer = setTimeout(() => settleByProxy(new TunnelError('the proxy is too slow')), TUNNEL_TIMEOUT_MS)
  request.on('error', settleByProxy)
  request.once('response', (response) => settleByProxy(new TunnelError(`the proxy answered ${response.statusCode}`)))
  request.once('connect', (response, socket, head) => {
    current = socket
    // A socket that fails once more while it dies must not end the process.
    socket.on('error', settle)
    if (response.statusCode !== 200) return settleByProxy(new TunnelError(`the proxy answered ${response.statusCode}`))
    if (head.length > 0) return settleByProxy(new TunnelError('the proxy spoke before the target did'))
    // Set by the pool for its own connections; this one has left it.
    socket.setTimeout(0)
    if (isPlain) {
      socket.off('error', settle)
      return settle(null, socket)
    }
    const secure = tls.connect({
      socket,
      host: target.host,
      servername: target.servername || (isIP(target.host) ? '' : target.host),
      ALPNProtocols: ['http/1.1'],
    })
    current = secure
    secure.on('error', settle)
    secure.once('secureConnect', () => {
      secure.off('error', settle)
      settle(null, secure)
    })
  })
  request.end()
}

/** A pool of TLS connections that all go through one proxy. @param keepAlive false: none is kept for the next request */
export const makeTunnelAgent = (guard: GuardedAgent, proxyUrl: URL, keepAlive = true): Agent => {
  const agent = new Agent({ keepAlive })
  agent.createConnection = ((target: Target, done: Connected) => openTunnel(guard, proxyUrl, target, done)) as never
  return agent
}

/** The same without TLS, for a test server that speaks ws:. */
export const makePlainTunnelAgent = (guard: GuardedAgent, proxyUrl: URL): http.Agent => {
  const agent = new http.Agent()
  agent.createConnection = ((target: Target, done: Connected) =>
    openTunnel(guard, proxyUrl, target, done, true)) as never
  return agent
}
