import type { TestFleet } from '../testing/test-fleet.ts'
import type { Worker } from '../worker/worker.ts'
import { type MortalOptions, MortalServices, type Weather } from './mortal-services.ts'
import type { RacePoint } from './race-points.ts'

export interface MortalWorker {
  readonly worker: Worker & { id: string }
  readonly mortal: MortalServices
}

/** What happened over many episodes. */
export interface Tally {
  episodes: number
  accepted: number
  texts: number
  kills: number
  drains: number
  splitBrains: number
  framesHeldByZombies: number
  repeatedFrames: number
  readonly hits: Map<RacePoint, number>
  readonly deaths: Map<RacePoint | 'any moment', number>
  readonly gapsMs: number[]
}

export const emptyTally = (): Tally => ({
  episodes: 0,
  accepted: 0,
  texts: 0,
  kills: 0,
  drains: 0,
  splitBrains: 0,
  framesHeldByZombies: 0,
  repeatedFrames: 0,
  hits: new Map(),
  deaths: new Map(),
  gapsMs: [],
})

export const count = <K>(map: Map<K, number>, key: K): void => {
  map.set(key, (map.get(key) ?? 0) + 1)
}

/** One linked session that goes through many episodes, each on fresh workers. */
export interface Lane {
  readonly fleet: TestFleet
  readonly tally: Tally
  readonly phone: string
  readonly contacts: readonly string[]
  sessionId: string
  current: MortalWorker
  /** how storage behaves for the workers of the present episode */
  weather: Weather
  qrs: number
  /** the sequence of the last event that was held against the promises */
  checkedUpTo: number
  /** when the session was last taken from its owner; null while it is connected */
  awaySince: number | null
  readonly withoutGate: boolean
}

export const CALM: Weather = () => ({ delayMs: 0, fault: null })

const NEWER: MortalOptions['onDeath'] = () => {}

export const startMortalWorker = async (lane: Omit<Lane, 'current'>): Promise<MortalWorker> => {
  let abandon = NEWER
  let isUp = false
  const mortal = new MortalServices({
    eventSink: lane.fleet.eventSink,
    // a worker that cannot even register itself ends, and another one is launched: not the story here
    weather: (kind) => (isUp ? lane.weather(kind) : CALM(kind)),
    withoutGate: lane.withoutGate,
    onDeath: () => abandon(),
    onHit: (point) => {
      count(lane.tally.hits, point)
      if (point !== 'logged in' || lane.awaySince === null) return
      lane.tally.gapsMs.push(performance.now() - lane.awaySince)
      lane.awaySince = null
    },
    onQr: () => {
      lane.qrs++
    },
  })
  const worker = await lane.fleet.startWorker({ ...mortal.services, heartbeatMs: 250 })
  abandon = () => worker.abandon()
  isUp = true
  return { worker, mortal }
}

/** Links a new phone, calmly. */
export const openLane = async (
  fleet: TestFleet,
  tally: Tally,
  phone: string,
  contacts: readonly string[],
  withoutGate = false,
): Promise<Lane> => {
  const base = {
    fleet,
    tally,
    phone,
    contacts,
    sessionId: '',
    weather: CALM,
    qrs: 0,
    checkedUpTo: 0,
    awaySince: null as number | null,
    withoutGate,
  }
  // only the server's ack speaks for messages to the second one
  await fleet.simulator.addContact(contacts[1] ?? '', { deliveryReceipts: false })
  const current = await startMortalWorker(base)
  const lane: Lane = Object.assign(base, { current })
  lane.sessionId = await fleet.linkSession(current.worker, phone)
  lane.qrs = 0
  return lane
}
