import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface WireProxy {
  readonly url: string
  /** nothing goes through until `resume`; what was sent waits, as with a process that stands still */
  pause(): void
  resume(): void
  /** every connection is cut, new ones are refused */
  cut(): void
  close(): Promise<void>
}

/** A worker's way to WhatsApp, so that the test can stop or cut it without the worker's help. */
export const startWireProxy = async (targetUrl: string): Promise<WireProxy> => {
  const target = new URL(targetUrl)
  const pairs = new Set<readonly [Socket, Socket]>()
  let isPaused = false
  let isCut = false
  const server = createServer((client) => {
    if (isCut) return void client.destroy()
    const upstream = connect(Number(target.port), target.hostname)
    const pair = [client, upstream] as const
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      client.destroy()
      upstream.destroy()
    }
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.setNoDelay(true)
      from.on('data', (data: Buffer) => to.write(data))
      from.on('error', end)
      from.on('close', end)
      if (isPaused) from.pause()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const each = (act: (socket: Socket) => void) => {
    for (const pair of pairs) for (const socket of pair) act(socket)
  }
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname}`,
    pause: () => {
      isPaused = true
      each((socket) => socket.pause())
    },
    resume: () => {
      isPaused = false
      each((socket) => socket.resume())
    },
    cut: () => {
      isCut = true
      each((socket) => socket.destroy())
    },
    close: async () => {
      each((socket) => socket.destroy())
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
