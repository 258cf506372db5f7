import dns from 'node:dns'
import http from 'node:http'
import https from 'node:https'
import net, { isIP, type LookupFunction, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { isPublicAddress } from './address.ts'
import type { EgressRules } from './url-rules.ts'

/** The URL led to an address that we never call. The address is for our log only. */
export class BlockedAddressError extends Error {
  readonly code = 'ERR_BLOCKED_ADDRESS'
  readonly address: string
  constructor(address: string) {
    super('the address is not allowed')
    this.name = 'BlockedAddressError'
    this.address = address
  }
}

type LookupAll = (hostname: string) => Promise<readonly { address: string; family: number }[]>

export interface GuardedAgentOptions {
  /** over DNS, TCP and TLS together */
  readonly connectTimeoutMs?: number
  readonly lookupAll?: LookupAll
  readonly ca?: string | Buffer
}

/** Two connection pools, one per scheme, that reach public addresses only. */
export interface GuardedAgent {
  readonly http: http.Agent
  readonly https: https.Agent
  readonly close: () => Promise<void>
}

const CONNECTIONS_PER_HOST = 20
const IDLE_TIMEOUT_MS = 4_000
const CONNECT_TIMEOUT_MS = 5_000

const systemLookup: LookupAll = (hostname) => dns.promises.lookup(hostname, { all: true, verbatim: true })

/** Every DNS answer is checked; one bad answer blocks all (rebinding). */
const makeGuardedLookup =
  (rules: EgressRules, lookupAll: LookupAll): LookupFunction =>
  (hostname, lookupOptions, callback) => {
    lookupAll(hostname).then(
      (answers) => {
        const bad = answers.find((answer) => !isPublicAddress(answer.address, rules.allowedRanges))
        if (bad) return callback(new BlockedAddressError(bad.address) as NodeJS.ErrnoException, '', 0)
        const usable = answers.filter((answer) => !lookupOptions.family || answer.family === lookupOptions.family)
        const [first] = usable
        // Node itself dies of an empty list.
        if (!first) return callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '', 0)
        if (lookupOptions.all) return callback(null, usable as dns.LookupAddress[])
        callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    )
  }

/** Where a connection leads and how long its parts took. */
export interface ConnectionDetails {
  readonly address: string
  /** null: the host was an address */
  readonly dnsMs: number | null
  readonly connectMs: number
  /** null: plain HTTP */
  readonly tlsMs: number | null
}
const detailsOf = new WeakMap<Duplex, ConnectionDetails>()

/** Of a connection that a guarded agent made; it stays the same while the connection is used again. */
export const connectionDetails = (socket: Duplex): ConnectionDetails | null => detailsOf.get(socket) ?? null

/** What node's agents hand to createConnection; `servername` is theirs for https, from the Host header. */
interface Target {
  readonly host: string
  readonly port: number
  readonly servername?: string
}
type Connected = (error: Error | null, stream?: Duplex) => void

/**
 * Pools for node:http and node:https (undici would be 719 KiB of a lambda's bundle) that only connect to public
 * addresses. The check sits in the connector, because for a literal host node never calls `lookup`: the literal is
 * checked, every DNS answer is checked, and the address the socket really reached is checked before a byte is written,
 * TLS included.
 */
export const makeGuardedAgent = (rules: EgressRules, options: GuardedAgentOptions = {}): GuardedAgent => {
  const lookup = makeGuardedLookup(rules, options.lookupAll ?? systemLookup)
  const isAllowed = (address: string) => isPublicAddress(address, rules.allowedRanges)

  const connect = (target: Target, secure: boolean, done: Connected): void => {
    const host = target.host.replace(/^\[|\]$/g, '')
    if (isIP(host) && !isAllowed(host)) {
      done(new BlockedAddressError(host))
      return
    }
    const startedAt = performance.now()
    const since = (from: number) => Math.round(performance.now() - from)
    let lookedUpAt: number | null = null
    let details: ConnectionDetails | null = null
    let current: Socket = net.connect({ host, port: target.port, lookup, noDelay: true })
    current.once('lookup', () => {
      lookedUpAt = performance.now()
    })
    let pending = true
    const settle = (error: Error | null) => {
      if (!pending) return
      pending = false
      clearTimeout(timer)
      current.off('error', settle)
      if (!error) {
        if (details) detailsOf.set(current, details)
        return done(null, current)
      }
      // A socket that fails once more while it dies must not end the process.
      current.on('error', () => undefined)
      current.destroy()
      done(error)
    }
    const timer = setTimeout(
      () => settle(Object.assign(new Error('connect timed out'), { code: 'ETIMEDOUT' })),
      options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    )
    current.on('error', settle)
    current.once('connect', () => {
      const reached = current.remoteAddress ?? ''
      if (!isAllowed(reached)) return settle(new BlockedAddressError(reached))
      const connectedAt = performance.now()
      details = {
        address: reached,
        dnsMs: lookedUpAt === null ? null : Math.round(lookedUpAt - startedAt),
        connectMs: since(lookedUpAt ?? startedAt),
        tlsMs: null,
      }
      if (!secure) return settle(null)
      current.off('error', settle)
      current = tls.connect({
        socket: current,
        host,
        servername: target.servername || (isIP(host) ? '' : host),
        ALPNProtocols: ['http/1.1'],
        ...(options.ca ? { ca: options.ca } : {}),
      })
      current.on('error', settle)
      current.once('secureConnect', () => {
        details = details && { ...details, tlsMs: since(connectedAt) }
        settle(null)
      })
    })
  }

  const settings = { keepAlive: true, maxSockets: CONNECTIONS_PER_HOST, timeout: IDLE_TIMEOUT_MS }
  const pools = { http: new http.Agent(settings), https: new https.Agent(settings) }
  // Node's agents take a connection from a callback as well as from the return value; its types know only the latter.
  pools.http.createConnection = ((target: Target, done: Connected) => connect(target, false, done)) as never
  pools.https.createConnection = ((target: Target, done: Connected) => connect(target, true, done)) as never
  return {
    ...pools,
    close: async () => {
      pools.http.destroy()
      pools.https.destroy()
    },
  }
}

/**
 * Starts one request over the guard; node never follows a redirect by itself. Errors come as the 'error' event.
 * @param url http or https, already judged by problemOfUrl
 */
export const requestGuarded = (agent: GuardedAgent, url: URL, settings: http.RequestOptions): http.ClientRequest =>
  url.protocol === 'https:'
    ? https.request(url, { ...settings, agent: agent.https })
    : http.request(url, { ...settings, agent: agent.http })
