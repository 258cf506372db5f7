import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { eventually } from '../../support/eventually.ts'
import type { Strike } from '../fate.ts'
import { newWitness, type Witness } from '../fateful-clients.ts'
import type { Weather } from '../race-points.ts'
import type { Order, Tale } from './messages.ts'

/** A worker process, as far as it told. */
export interface StruckProcess {
  readonly workerId: string
  readonly pid: number
  readonly isGone: boolean
  /** frames that its gate never let out because the log was somebody else's */
  readonly blockedFrames: number
  /** The process stops itself at the race point. Resolves when it will. */
  arm(strike: Strike): Promise<void>
  disarm(): void
  /** resolves when the race point was reached */
  readonly hit: Promise<void>
  weather(weather: Weather | null, seed: number): void
  signal(name: NodeJS.Signals): void
}

export interface Control {
  /** host:port for the workers */
  readonly address: string
  readonly witness: Witness
  /** what a worker sees of the cloud: endpoints, names of tables */
  environment(): Promise<Readonly<Record<string, string>>>
  processOf(workerId: string): Promise<StruckProcess>
  all(): readonly StruckProcess[]
  /** called for each worker that starts from now on, before it owns anything */
  onStart: (worker: StruckProcess) => void
  onStruck: (weather: Weather) => void
  stop(): Promise<void>
}

/** The test's line to all worker processes of a platform. */
export const startControl = async (): Promise<Control> => {
  const workers = new Map<string, StruckProcess>()
  const witness = newWitness()
  const sockets = new Set<Socket>()
  let environment: Readonly<Record<string, string>> | null = null
  const server = createServer((socket) => {
    sockets.add(socket)
    const tell = (order: Order) => void socket.write(`${JSON.stringify(order)}\n`)
    const hit = Promise.withResolvers<void>()
    let armed = Promise.withResolvers<void>()
    const own = { isGone: false, blockedFrames: 0 }
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      own.isGone = true
      armed.resolve()
    })
    const lines = createInterface({ input: socket })
    // It says the socket's errors once more, and a killed worker resets its line.
    lines.on('error', () => {})
    lines.on('line', (line) => {
      const tale = JSON.parse(line) as Tale
      switch (tale.t) {
        case 'hello': {
          environment = tale.environment
          const { pid, workerId } = tale
          const worker: StruckProcess = {
            pid,
            workerId,
            hit: hit.promise,
            get isGone() {
              return own.isGone
            },
            get blockedFrames() {
              return own.blockedFrames
            },
            arm: (strike) => {
              armed = Promise.withResolvers()
              tell({ t: 'arm', strike })
              return armed.promise
            },
            disarm: () => tell({ t: 'disarm' }),
            weather: (weather, seed) => tell({ t: 'weather', weather, seed }),
            signal: (name) => {
              if (!own.isGone) process.kill(pid, name)
            },
          }
          workers.set(workerId, worker)
          return control.onStart(worker)
        }
        case 'armed':
          return armed.resolve()
        case 'hit':
          return hit.resolve()
        case 'struck':
          return control.onStruck(tale.weather)
        case 'durable':
          if (!witness.durableAt.has(tale.key)) witness.durableAt.set(tale.key, tale.at)
          return
        case 'keys':
          witness.wrappedKeys.set(tale.key, { ...witness.wrappedKeys.get(tale.key), ...tale.keys })
          return
        case 'conflict':
          witness.conflicts++
          return
        case 'blocked':
          own.blockedFrames++
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const control: Control = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    witness,
    environment: () => eventually('a worker', async () => environment),
    processOf: (workerId) => eventually(`the process of ${workerId}`, async () => workers.get(workerId)),
    all: () => [...workers.values()].filter(({ isGone }) => !isGone),
    onStart: () => {},
    onStruck: () => {},
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return control
}
