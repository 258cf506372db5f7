import { chooseMovable, planMoves } from '../fleet-balance.ts'
import { planCapacity } from '../fleet-capacity.ts'
import { allocationAllowance } from '../fleet-pace.ts'
import { planRollout, type RolloutView } from '../fleet-rollout.ts'
import { decideLaunch, decideNeed, freeSlots, shuffle } from '../placement.ts'
import { chooseFences, NO_SIGHTINGS, observe, type Sightings } from '../reaper.ts'
import { seededRandom } from './random.ts'
import { SimulatedFleet, type SimulatedSession, STEP_MS } from './simulated-fleet.ts'

export interface Scenario {
  readonly seed: number
  readonly sessions: number
  readonly hours: number
  readonly capacity: number
  /** chance per worker and hour */
  readonly crashesPerHour: number
  readonly stallsPerHour: number
  /** hours between two deploys, between two kills of a third of the fleet, between two outages of RunTask (10 min each) */
  readonly deployEvery: number
  readonly stampedeEvery: number
  readonly outageEvery: number
}

const HOUR = 3_600_000
const MINUTE = 60_000
/** At the end nothing breaks any more for this long: then everything has to be in order. */
const QUIET_MS = 30 * MINUTE

export interface Report {
  readonly fleet: SimulatedFleet
  readonly deploys: number
  readonly crashes: number
  readonly moves: number
  readonly forgotten: readonly string[]
  readonly peakWorkers: number
}

/** Days of a fleet in virtual time. Everything that is decided is decided by the production functions. */
export const simulateFleet = (scenario: Scenario): Report => {
  const random = seededRandom(scenario.seed)
  const fleet = new SimulatedFleet(random, scenario.capacity)
  const end = scenario.hours * HOUR
  const state = {
    rollout: null as RolloutView | null,
    spareSince: null as number | null,
    deploys: 0,
    crashes: 0,
    moves: 0,
    peak: 0,
  }
  let sightings: Sightings = NO_SIGHTINGS
  let made = 0
  const every = (milliseconds: number) => fleet.now % milliseconds < STEP_MS
  const hint = (session: SimulatedSession, avoid: string | null = null) => {
    const need = decideNeed({ ...session, crashes: 0 }, fleet.ownerRow(session))
    if (need === 'allocate' && !fleet.assign(session, avoid)) ensureCapacity(fleet)
  }
  const reconcile = () => {
    const needy = [...fleet.sessions.values()].filter(
      (session) => decideNeed({ ...session, crashes: 0 }, fleet.ownerRow(session)) === 'allocate',
    )
    const free = freeSlots(fleet.list(), 'live')
    const readyWorkers = fleet.list().filter(({ status }) => status === 'READY').length
    const allowed = allocationAllowance({ free, readyWorkers, passSeconds: 60 })
    for (const session of shuffle(needy, random).slice(0, allowed)) hint(session)
    for (const row of fleet.list()) {
      const gone = row.status === 'DEAD' || row.status === 'DRAINED'
      const holds = gone && (fleet.assigned.get(row.id)?.size ?? 0) > 0
      if (gone && !holds && row.createdAt < fleet.now - 10 * MINUTE) fleet.rows.delete(row.id)
    }
    return needy.length
  }
  const fence = (id: string) => {
    const row = fleet.rows.get(id)
    if (!row || row.status === 'DEAD' || row.status === 'DRAINED') return
    row.status = 'DEAD'
    reconcile()
  }
  const crash = (id: string, isSeen: boolean) => {
    state.crashes += 1
    fleet.kill(id)
    if (isSeen) fence(id)
  }
  const plan = (waiting: number) => {
    const rows = fleet.list()
    const next = planCapacity({
      mode: 'live',
      fleet: rows,
      waiting,
      now: fleet.now,
      spareSince: state.spareSince,
      workerCapacity: scenario.capacity,
      minimumWorkers: 1,
    })
    state.spareSince = next.spareSince
    for (let index = 0; index < next.launch; index++) fleet.launch(`plan-${fleet.now}-${index}`)
    if (state.rollout) return
    if (next.drain) fleet.rows.get(next.drain.worker.id)!.status = 'DRAINING'
    for (const { workerId, count } of planMoves({ mode: 'live', fleet: rows, waiting })) {
      const held = [...fleet.sessions.values()].filter(({ owner }) => owner?.workerId === workerId)
      const movable = held.map((session) => ({
        sessionId: session.id,
        connectedAt: session.downSince === null ? 0 : null,
        inFlight: 0,
      }))
      for (const { sessionId } of chooseMovable(movable, count, fleet.now)) {
        const session = fleet.sessions.get(sessionId)!
        fleet.release(session)
        hint(session, workerId)
        state.moves += 1
      }
    }
  }
  const roll = (waiting: number) => {
    if (!state.rollout) return
    const failedStarts = fleet
      .list()
      .filter(
        (row) => row.status === 'DEAD' && row.heartbeat.counter === 0 && row.createdAt > state.rollout!.startedAt,
      ).length
    const step = planRollout({
      rollout: state.rollout,
      fleet: fleet.list(),
      waiting,
      alarms: [],
      failedStarts: Math.min(failedStarts, 2),
      workerCapacity: scenario.capacity,
      now: fleet.now,
    })
    if (step.action === 'launch')
      for (let index = 0; index < step.count; index++) fleet.launch(`roll-${fleet.now}-${index}`)
    if (step.action === 'drain') for (const worker of step.workers) worker.status = 'DRAINING'
    if (step.action === 'end') state.rollout = null
  }

  for (; fleet.now < end + QUIET_MS; fleet.now += STEP_MS) {
    const isCalm = fleet.now >= end
    for (const session of fleet.act()) hint(session)
    if (!isCalm) {
      fleet.canLaunch = fleet.now % (scenario.outageEvery * HOUR) >= 10 * MINUTE || fleet.now < HOUR
      if (made < scenario.sessions && every(10_000))
        for (let count = 0; count < Math.ceil(scenario.sessions / 360) && made < scenario.sessions; count++)
          fleet.add(`s${made++}`)
      // People come and go: some sessions stop, stopped ones start again.
      if (made === scenario.sessions && every(MINUTE)) toggle(fleet, random, hint)
      if (every(10_000)) misbehave(fleet, scenario, random, crash)
      if (fleet.now > HOUR && every(scenario.stampedeEvery * HOUR))
        for (const id of [...fleet.processes.keys()].filter(() => random() < 0.33)) crash(id, random() < 0.5)
      if (fleet.now > HOUR && !state.rollout && every(scenario.deployEvery * HOUR)) {
        state.deploys += 1
        fleet.version = `v${state.deploys + 1}`
        state.rollout = { mode: 'live', version: fleet.version, waveSize: 2, status: 'running', startedAt: fleet.now }
      }
    } else fleet.canLaunch = true
    if (every(10_000)) {
      // A new observer each minute, as the lambda is: what the last one saw is gone.
      if (every(MINUTE)) sightings = NO_SIGHTINGS
      const rows = fleet.list()
      const seen = observe(sightings, rows, fleet.now, fleet.now)
      sightings = seen.sightings
      for (const row of chooseFences(seen.silent, { fleetSize: rows.length, alreadyFenced: 0 }).fence) fence(row.id)
      // A task that never came up is stopped by its lifecycle.
      for (const row of rows) if (row.status === 'STARTING' && !fleet.processes.has(row.id)) fence(row.id)
      roll(fleet.unowned.size)
    }
    if (every(MINUTE)) {
      const waiting = reconcile()
      plan(Math.max(0, waiting - freeSlots(fleet.list(), 'live')))
      state.peak = Math.max(state.peak, fleet.processes.size)
    }
  }
  const forgotten = [...fleet.sessions.values()]
    .filter((session) => (session.desired === 'RUNNING') !== isConnected(fleet, session))
    .map(({ id }) => id)
  return { fleet, ...state, peakWorkers: state.peak, forgotten }
}

const isConnected = (fleet: SimulatedFleet, session: SimulatedSession): boolean =>
  fleet.ownerRow(session)?.status === 'READY' &&
  fleet.processes.get(session.owner!.workerId)?.connected.get(session.id) !== undefined

const ensureCapacity = (fleet: SimulatedFleet): void => {
  const decision = decideLaunch(fleet.list(), 'live', fleet.now)
  if (decision.launch) fleet.launch(decision.name)
}

const toggle = (fleet: SimulatedFleet, random: () => number, hint: (session: SimulatedSession) => void): void => {
  for (const session of fleet.sessions.values()) {
    if (random() > 0.0005) continue
    if (session.desired === 'STOPPED') {
      session.desired = 'RUNNING'
      session.downSince = fleet.now
      fleet.unowned.add(session.id)
      hint(session)
    } else if (session.downSince === null && fleet.ownerRow(session)?.status === 'READY') {
      session.desired = 'STOPPED'
      fleet.release(session)
    }
  }
}

const misbehave = (
  fleet: SimulatedFleet,
  scenario: Scenario,
  random: () => number,
  crash: (id: string, isSeen: boolean) => void,
): void => {
  const per10Seconds = 1 / 360
  for (const [id, process] of fleet.processes) {
    if (random() < scenario.crashesPerHour * per10Seconds) crash(id, random() < 0.8)
    else if (random() < scenario.stallsPerHour * per10Seconds)
      Object.assign(process, { stalledAt: fleet.now, stalledUntil: fleet.now + 20_000 + random() * 120_000 })
  }
}
