import { RECONNECTS_PER_SECOND } from '../fleet-pace.ts'
import { chooseCandidates, isAlive, workerIdOfLaunch } from '../placement.ts'
import type { WorkerView } from '../worker-view.ts'
import { type Bucket, fullBucket, takeTokens } from './connect-pace.ts'

export const STEP_MS = 2_000
const COLD_START_MS = 50_000
const DRAIN_PER_SECOND = 5

export type Writable<T> = { -readonly [K in keyof T]: T[K] }
export type Row = Writable<Omit<WorkerView, 'heartbeat'>> & { heartbeat: { counter: number } }

export interface SimulatedSession {
  readonly id: string
  desired: 'RUNNING' | 'STOPPED'
  owner: { workerId: string; incarnation: number } | null
  epoch: number
  settled: boolean
  /** since when it wants to run and is not connected; null: connected, or not wanted */
  downSince: number | null
  /** its worker was killed, and nobody has connected it since */
  lost: boolean
  /** by plan: moves, drains and rollouts; not crashes */
  handovers: number
}

/** A task as it really is, whatever its row says. */
export interface Process {
  readonly row: Row
  readonly readyAt: number
  readonly willFail: boolean
  /** it neither beats nor acts until then (a pause of the machine) */
  stalledUntil: number
  stalledAt: number
  pace: Bucket
  draining: number
  readonly connected: Map<string, number>
}

/**
 * Rows and processes of a fleet on virtual time: what DynamoDB's conditions would allow and a task would do, nothing of
 * what is decided. Decisions are the production functions.
 */
export class SimulatedFleet {
  readonly sessions = new Map<string, SimulatedSession>()
  readonly rows = new Map<string, Row>()
  readonly processes = new Map<string, Process>()
  readonly unowned = new Set<string>()
  /** the ASSIGNED partitions */
  readonly assigned = new Map<string, Set<SimulatedSession>>()
  readonly gaps: number[] = []
  /** those of `gaps` that began with the death of a worker */
  readonly recoveries: number[] = []
  readonly violations: string[] = []
  assignments = 0
  launches = 0
  now = 0
  version = 'v1'
  canLaunch = true
  readonly random: () => number
  readonly capacity: number

  constructor(random: () => number, capacity: number) {
    this.random = random
    this.capacity = capacity
  }

  list(): Row[] {
    return [...this.rows.values()]
  }

  launch(name: string): void {
    const id = workerIdOfLaunch(name)
    if (this.rows.has(id) || !this.canLaunch) return
    this.launches += 1
    const row: Row = {
      id,
      mode: 'live',
      incarnation: 1,
      status: 'STARTING',
      used: 0,
      capacity: this.capacity,
      version: this.version,
      queueUrl: null,
      heartbeat: { counter: 0 },
      createdAt: this.now,
      rssBytes: null,
      memoryBytes: 4 * 2 ** 30,
      loopLagMs: 5,
    }
    this.rows.set(id, row)
    this.processes.set(id, {
      row,
      readyAt: this.now + COLD_START_MS * (0.8 + this.random() * 0.4),
      willFail: this.random() < 0.02,
      stalledUntil: 0,
      stalledAt: 0,
      pace: fullBucket(RECONNECTS_PER_SECOND, this.now),
      draining: 0,
      connected: new Map(),
    })
  }

  add(id: string): void {
    this.sessions.set(id, {
      id,
      desired: 'RUNNING',
      owner: null,
      epoch: 0,
      settled: true,
      downSince: this.now,
      lost: false,
      handovers: 0,
    })
    this.unowned.add(id)
  }

  #held(workerId: string): Set<SimulatedSession> {
    const held = this.assigned.get(workerId) ?? new Set()
    this.assigned.set(workerId, held)
    return held
  }

  ownerRow(session: SimulatedSession): Row | null {
    return session.owner ? (this.rows.get(session.owner.workerId) ?? null) : null
  }

  /** The assignment transaction: refused unless the worker is READY and has room, exactly as its conditions say. */
  assign(session: SimulatedSession, avoid: string | null): boolean {
    const [chosen] = chooseCandidates(this.list(), { mode: 'live', version: this.version, avoid, random: this.random })
    if (chosen?.status !== 'READY' || chosen.used >= chosen.capacity) return false
    if (isAlive(session.owner, this.ownerRow(session))) this.violations.push(`${session.id} taken from a live owner`)
    const before = session.owner
    if (before) {
      this.#held(before.workerId).delete(session)
      session.downSince ??= this.processes.get(before.workerId)?.stalledAt ?? this.now
    }
    session.owner = { workerId: chosen.id, incarnation: chosen.incarnation }
    session.epoch += 1
    session.settled = false
    chosen.used += 1
    this.#held(chosen.id).add(session)
    this.unowned.delete(session.id)
    this.assignments += 1
    return true
  }

  release(session: SimulatedSession): void {
    const row = this.ownerRow(session)
    if (row && row.status !== 'DEAD') row.used -= 1
    if (row) this.processes.get(row.id)?.connected.delete(session.id)
    if (session.owner) this.#held(session.owner.workerId).delete(session)
    session.owner = null
    session.epoch += 1
    session.settled = true
    if (session.desired === 'RUNNING') {
      this.unowned.add(session.id)
      session.handovers += 1
      session.downSince = this.now
    }
  }

  kill(id: string): void {
    for (const sessionId of this.processes.get(id)?.connected.keys() ?? []) {
      const session = this.sessions.get(sessionId)
      // A zombie that wakes up late holds what others connected long ago.
      if (session?.owner?.workerId !== id) continue
      session.downSince ??= this.now
      session.lost = true
    }
    this.processes.delete(id)
  }

  /** Everything that tasks do by themselves in one step. @returns sessions that were handed over (their hints) */
  act(): SimulatedSession[] {
    const handedOver: SimulatedSession[] = []
    for (const process of [...this.processes.values()]) {
      const { row } = process
      if (row.status === 'DEAD' && process.stalledUntil <= this.now) {
        this.kill(row.id) // its beat is rejected: it leaves everything
        continue
      }
      if (row.status === 'STARTING') {
        if (this.now < process.readyAt) continue
        if (process.willFail) this.kill(row.id)
        else Object.assign(row, { status: 'READY', queueUrl: 'queue', heartbeat: { counter: 1 } })
        continue
      }
      if (process.stalledUntil > this.now || row.status === 'DEAD') continue
      row.heartbeat.counter += 1
      row.rssBytes = 150 * 2 ** 20 + row.used * 9 * 2 ** 20
      this.#follow(process, [...(this.assigned.get(row.id) ?? [])], handedOver)
    }
    return handedOver
  }

  #follow(process: Process, mine: SimulatedSession[], handedOver: SimulatedSession[]): void {
    const { row, connected } = process
    // What was taken from it, it learns at its next beat and not before.
    if (this.now % 10_000 < STEP_MS)
      for (const id of connected.keys()) if (!this.#held(row.id).has(this.sessions.get(id)!)) connected.delete(id)
    if (row.status === 'DRAINING') {
      process.draining += (DRAIN_PER_SECOND * STEP_MS) / 1000
      for (const session of mine.slice(0, process.draining)) {
        this.release(session)
        handedOver.push(session)
        process.draining -= 1
      }
      if (mine.length === 0 && connected.size === 0) {
        row.status = 'DRAINED'
        this.processes.delete(row.id)
      }
      return
    }
    const waiting = mine.filter((session) => !connected.has(session.id))
    const taken = takeTokens(process.pace, {
      wanted: waiting.length,
      now: this.now,
      perSecond: RECONNECTS_PER_SECOND,
      burst: RECONNECTS_PER_SECOND * 2,
    })
    process.pace = taken.bucket
    for (const session of waiting.slice(0, taken.granted)) this.#connect(process, session)
  }

  #connect(process: Process, session: SimulatedSession): void {
    process.connected.set(session.id, session.epoch)
    const others = [...this.processes.values()].filter(
      (other) => other !== process && other.row.status !== 'DEAD' && other.connected.has(session.id),
    )
    if (others.length > 0) this.violations.push(`${session.id} connected on two workers that are not fenced`)
    if (session.downSince === null) return
    const gap = this.now - session.downSince
    session.downSince = null
    this.gaps.push(gap)
    if (session.lost) this.recoveries.push(gap)
    session.lost = false
  }
}
