export type ControlReply<Body> = { status: number; body: Body }

/** The control API as a test calls it; `call` throws unless the answer is 2xx, `raw` never does. */
export class ControlClient {
  readonly #url: string
  readonly #namespace: string

  constructor(url: string, namespace = 'default') {
    this.#url = url
    this.#namespace = namespace
  }

  in(namespace: string): ControlClient {
    return new ControlClient(this.#url, namespace)
  }

  async raw<Body>(method: string, path: string, body?: unknown): Promise<ControlReply<Body>> {
    const headers = { 'content-type': 'application/json', 'x-namespace': this.#namespace }
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) }
    const response = await fetch(`${this.#url}/control${path}`, init)
    return { status: response.status, body: (await response.json()) as Body }
  }

  /** The bytes behind `path`; throws unless the answer is 200. */
  async bytes(path: string): Promise<Buffer> {
    const response = await fetch(`${this.#url}/control${path}`, { headers: { 'x-namespace': this.#namespace } })
    if (response.status !== 200) throw new Error(`GET ${path} → ${response.status} ${await response.text()}`)
    return Buffer.from(await response.arrayBuffer())
  }

  async call<Body = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Body> {
    const reply = await this.raw<Body>(method, path, body)
    if (reply.status >= 300) throw new Error(`${method} ${path} → ${reply.status} ${JSON.stringify(reply.body)}`)
    return reply.body
  }
}
