/** What a bench asks of a child process that holds sockets; every client side does the same work. */
export type ChildRequest =
  | { readonly do: 'link'; readonly phones: readonly string[] }
  /** `count` texts per session, at most `window` of them without a server ack */
  | { readonly do: 'send'; readonly contact: string; readonly count: number; readonly window: number }
  /** logs out of nothing: closes every socket */
  | { readonly do: 'close' }
  /** connects everything again, then waits until every session decrypted `texts` more texts */
  | { readonly do: 'connect'; readonly texts: number }
  | { readonly do: 'memory' }

export interface ChildAnswer {
  readonly milliseconds: number
  readonly cpuMs: number
  readonly rssMb: number
}

export interface ChildOptions {
  readonly socketUrl: string
  readonly controlUrl: string
  readonly trustRootHex: string
  /** what one storage operation costs */
  readonly latencyMs: number
  /** bare Baileys: where its state lives */
  readonly store: 'memory' | 'files'
}

/** Measures one request in the child. */
export const measured = async (work: () => Promise<void>): Promise<ChildAnswer> => {
  globalThis.gc?.()
  const started = performance.now()
  const cpu = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  const milliseconds = performance.now() - started
  return { milliseconds, cpuMs: (user + system) / 1_000, rssMb: process.memoryUsage.rss() / 1e6 }
}

/** Answers the parent's requests one by one, and ends with it. */
export const serve = (make: (options: ChildOptions) => (request: ChildRequest) => Promise<ChildAnswer>): void => {
  const options = JSON.parse(process.argv[2] ?? '{}') as ChildOptions
  const handle = make(options)
  process.on('disconnect', () => process.exit(0))
  process.on('message', (request: ChildRequest) => {
    handle(request).then(
      (answer) => process.send?.({ answer }),
      (error) => process.send?.({ error: String(error?.stack ?? error) }),
    )
  })
  process.send?.({ ready: true })
}

export const call = async (controlUrl: string, path: string, body: unknown): Promise<any> => {
  const response = await fetch(`${controlUrl}/control/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return response.json()
}

/** Runs at most `width` at a time. */
export const inLanes = async <T>(items: readonly T[], width: number, work: (item: T) => Promise<void>) => {
  const waiting = [...items]
  await Promise.all(
    Array.from({ length: Math.min(width, items.length) }, async () => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
    }),
  )
}
