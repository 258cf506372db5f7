import type { Agent as PlainAgent } from 'node:http'
import type { Agent } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { type buildConnector, Dispatcher1Wrapper, Agent as UndiciAgent } from 'undici'
import { chooseEgress } from '../../shared/core/egress-choice.ts'
import type { AllowedRanges } from '../../shared/egress/address.ts'
import { type GuardedAgent, makeGuardedAgent } from '../../shared/egress/guarded-agent.ts'
import { makePlainTunnelAgent, makeTunnelAgent, openTunnel } from '../../shared/egress/guarded-tunnel.ts'

const HTTPS_PORT = 443

/** One way out for everything that an account does. The library takes it in three shapes (baileys-facts §8, 29). */
export interface Egress {
  /** the socket, and uploads */
  readonly agent: Agent
  /** the socket of a test server that speaks ws: */
  readonly plainAgent: PlainAgent
  /** downloads: Node's own fetch, which speaks the older of undici's two handler interfaces */
  readonly dispatcher: Dispatcher1Wrapper
  /** whose proxy it is: who can do something when it fails */
  readonly ownedBy: 'tenant' | 'operator'
}

const makeEgress = (guard: GuardedAgent, proxyUrl: URL, ownedBy: Egress['ownedBy']): Egress => {
  const connect: buildConnector.connector = ({ hostname, port, protocol, servername }, callback) => {
    if (protocol !== 'https:') return callback(new Error(`only https goes through a proxy, not ${protocol}`), null)
    const target = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || HTTPS_PORT), servername }
    openTunnel(guard, proxyUrl, target, (error, socket) =>
      error ? callback(error, null) : callback(null, socket as TLSSocket),
    )
  }
  return {
    // What a tenant may change at any time leaves no idle connections behind.
    agent: makeTunnelAgent(guard, proxyUrl, ownedBy === 'operator'),
    plainAgent: makePlainTunnelAgent(guard, proxyUrl),
    dispatcher: new Dispatcher1Wrapper(new UndiciAgent({ connect })),
    ownedBy,
  }
}

/** The HTTP proxies of a deployment. Sessions that share one share its connections. */
export class Egresses {
  readonly #proxyUrls: readonly string[]
  readonly #guard: GuardedAgent
  readonly #tenantGuard: GuardedAgent
  readonly #made = new Map<string, Egress>()

  /**
   * @param allowedRanges where these proxies may lie beside public addresses
   * @param tenantRanges  the same for proxies of tenants: the operator's network is not theirs to call
   */
  constructor(proxyUrls: readonly string[], allowedRanges: AllowedRanges = [], tenantRanges: AllowedRanges = []) {
    this.#proxyUrls = proxyUrls
    // The URL itself was judged when the settings were read; what its name leads to is judged at each connect.
    this.#guard = makeGuardedAgent({ allowedRanges, allowHttp: true })
    this.#tenantGuard = makeGuardedAgent({ allowedRanges: tenantRanges, allowHttp: true })
  }

  /** @param proxyUrl a session's own, judged when it was accepted */
  own(proxyUrl: string): Egress {
    return makeEgress(this.#tenantGuard, new URL(proxyUrl), 'tenant')
  }

  /** null: by the worker's own network */
  of(sessionId: string): Egress | null {
    const proxyUrl = chooseEgress(sessionId, this.#proxyUrls)
    if (proxyUrl === null) return null
    const made = this.#made.get(proxyUrl) ?? makeEgress(this.#guard, new URL(proxyUrl), 'operator')
    this.#made.set(proxyUrl, made)
    return made
  }
}
