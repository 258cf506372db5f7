import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { sessionAtFault } from '../../../session-task/session/session-fault-scope.ts'
import { Worker as RealWorker } from '../../../session-task/worker/worker.ts'
import type { WorkerOptions } from '../../../session-task/worker/worker-options.ts'
import { Fate } from '../fate.ts'
import { newWitness, obeyFate } from '../fateful-clients.ts'
import type { Phase } from '../race-points.ts'
import { makeRandom } from '../random.ts'
import { newSight, watchBus, watchConnections } from '../watched-services.ts'
import { makeWeather } from '../weather.ts'
import { CONTROL_VARIABLE, type Order, type Tale } from './messages.ts'

const [host = '', port = ''] = (process.env[CONTROL_VARIABLE] ?? '').split(':')
const control = connect(Number(port), host)
// The test is over: the worker goes on without it.
control.on('error', () => {})
control.setNoDelay(true)
control.unref()
const tell = (tale: Tale): void => void control.write(`${JSON.stringify(tale)}\n`)

const fate = new Fate()
fate.onKill = () => process.kill(process.pid, 'SIGKILL')
fate.onPause = () => {
  process.kill(process.pid, 'SIGSTOP')
  // Whatever comes next runs after SIGCONT.
  setImmediate(() => fate.resume())
}
/** Sessions that were connected here. */
const live = new Set<string>()
let isDraining = false
process.prependListener('SIGTERM', () => {
  isDraining = true
})
fate.phaseOf = (): Phase => {
  if (isDraining) return 'draining'
  const session = sessionAtFault()
  return session ? (live.has(session.sessionId) ? 'live' : 'opening') : live.size > 0 ? 'live' : 'opening'
}

/** A map whose news the test hears as well. */
const told = <Value>(tale: (key: string, value: Value) => Tale): Map<string, Value> =>
  new (class extends Map<string, Value> {
    override set(key: string, value: Value): this {
      tell(tale(key, value))
      return super.set(key, value)
    }
  })()

const witness = {
  ...newWitness(),
  durableAt: told<number>((key, at) => ({ t: 'durable', key, at })),
  wrappedKeys: told<Record<string, string>>((key, keys) => ({ t: 'keys', key, keys })),
  get conflicts() {
    return 0
  },
  set conflicts(_count: number) {
    tell({ t: 'conflict' })
  },
}
const seen = {
  ...newSight(),
  get blockedFrames() {
    return 0
  },
  set blockedFrames(_count: number) {
    tell({ t: 'blocked' })
  },
  onOpen: (sessionId: string) => {
    live.add(sessionId)
    tell({ t: 'open', sessionId })
  },
}

createInterface({ input: control })
  .on('error', () => {})
  .on('line', (line) => {
    const order = JSON.parse(line) as Order
    switch (order.t) {
      case 'arm':
        void fate.arm(order.strike, () => tell({ t: 'hit' }))
        return tell({ t: 'armed' })
      case 'disarm':
        return fate.disarm()
      case 'weather': {
        const { weather, seed } = order
        fate.faultOf = makeWeather(weather, makeRandom(seed), (name) => tell({ t: 'struck', weather: name })).faultOf
      }
    }
  })

/** The real worker; its clients, its bus and its connections stop where the test says, by signals to its own process. */
export class Worker extends RealWorker {
  constructor(options: WorkerOptions) {
    const { services } = options
    obeyFate(services.tables.client, fate, witness)
    obeyFate(services.logClient, fate, witness)
    super({
      ...options,
      // A moment later: what the gate did not let out is counted first.
      onRejected: () => void setImmediate(options.onRejected),
      services: {
        ...services,
        eventSink: watchBus(services.eventSink, fate, witness),
        openConnection: watchConnections(services.openConnection, fate, seen, false),
      },
    })
    const environment = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !['PATH', 'HOME', 'NODE_OPTIONS'].includes(name)),
    ) as Record<string, string>
    tell({ t: 'hello', pid: process.pid, workerId: options.workerId, environment })
  }
}
