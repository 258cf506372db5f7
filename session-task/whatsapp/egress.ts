import { Agent } from 'node:https'
import { Dispatcher1Wrapper, ProxyAgent } from 'undici'
import { chooseEgress } from '../../shared/core/egress-choice.ts'

/** One way out for everything that an account does. The library takes it in three shapes (baileys-facts §8, 29). */
export interface Egress {
  /** the socket, and uploads */
  readonly agent: Agent
  /** downloads: Node's own fetch, which speaks the older of undici's two handler interfaces */
  readonly dispatcher: Dispatcher1Wrapper
}

const makeEgress = (proxyUrl: string): Egress => ({
  agent: new Agent({ keepAlive: true, proxyEnv: { HTTPS_PROXY: proxyUrl } }),
  dispatcher: new Dispatcher1Wrapper(new ProxyAgent(proxyUrl)),
})

/** The HTTP proxies of a deployment. Sessions that share one share its connections. */
export class Egresses {
  readonly #proxyUrls: readonly string[]
  readonly #made = new Map<string, Egress>()

  constructor(proxyUrls: readonly string[]) {
    this.#proxyUrls = proxyUrls
  }

  /** null: by the worker's own network */
  of(sessionId: string): Egress | null {
    const proxyUrl = chooseEgress(sessionId, this.#proxyUrls)
    if (proxyUrl === null) return null
    const made = this.#made.get(proxyUrl) ?? makeEgress(proxyUrl)
    this.#made.set(proxyUrl, made)
    return made
  }
}
