import type { Agent } from 'node:https'
import { type buildConnector, Dispatcher1Wrapper, Agent as UndiciAgent } from 'undici'
import { chooseEgress } from '../../shared/core/egress-choice.ts'
import type { AllowedRanges } from '../../shared/egress/address.ts'
import { type GuardedAgent, makeGuardedAgent } from '../../shared/egress/guarded-agent.ts'
import { makeTunnelAgent, openTunnel } from '../../shared/egress/guarded-tunnel.ts'

const HTTPS_PORT = 443

/** One way out for everything that an account does. The library takes it in three shapes (baileys-facts §8, 29). */
export interface Egress {
  /** the socket, and uploads */
  readonly agent: Agent
  /** downloads: Node's own fetch, which speaks the older of undici's two handler interfaces */
  readonly dispatcher: Dispatcher1Wrapper
}

const makeEgress = (guard: GuardedAgent, proxyUrl: URL): Egress => {
  const connect: buildConnector.connector = ({ hostname, port, protocol, servername }, callback) => {
    if (protocol !== 'https:') return callback(new Error(`only https goes through a proxy, not ${protocol}`), null)
    const target = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || HTTPS_PORT), servername }
    openTunnel(guard, proxyUrl, target, (error, socket) => (error ? callback(error, null) : callback(null, socket!)))
  }
  return {
    agent: makeTunnelAgent(guard, proxyUrl),
    dispatcher: new Dispatcher1Wrapper(new UndiciAgent({ connect })),
  }
}

/** The HTTP proxies of a deployment. Sessions that share one share its connections. */
export class Egresses {
  readonly #proxyUrls: readonly string[]
  readonly #guard: GuardedAgent
  readonly #made = new Map<string, Egress>()

  /** @param allowedRanges where proxies may lie beside public addresses */
  constructor(proxyUrls: readonly string[], allowedRanges: AllowedRanges = []) {
    this.#proxyUrls = proxyUrls
    // The URL itself was judged when the settings were read; what its name leads to is judged at each connect.
    this.#guard = makeGuardedAgent({ allowedRanges, allowHttp: true })
  }

  /** null: by the worker's own network */
  of(sessionId: string): Egress | null {
    const proxyUrl = chooseEgress(sessionId, this.#proxyUrls)
    if (proxyUrl === null) return null
    const made = this.#made.get(proxyUrl) ?? makeEgress(this.#guard, new URL(proxyUrl))
    this.#made.set(proxyUrl, made)
    return made
  }
}
