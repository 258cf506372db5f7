import { budgetOf, isOverloaded, type LoadView, loadOf, roomOf } from './fleet-load.ts'
import type { Mode } from './tenant-scope.ts'

/**
 * Points above the fleet's mean before a worker gives anything away. Against the mean and not against the emptiest: a
 * worker that replaces a crashed one starts empty, and it is the warm room of the next hour, not a reason to reconnect
 * phones that are fine (the simulation moved each session six times a day otherwise).
 */
const SKEW = 0.25
/** Moves per worker and decision (one decision a minute): a move costs a session a second or two of silence. */
export const MOVES_PER_WORKER = 10
/** Moves of the mode per decision, whatever the fleet looks like. */
export const MOVES_AT_ONCE = 30

export interface Give {
  readonly workerId: string
  /** how many of its sessions it should let go; which ones is chosen among those that can go */
  readonly count: number
}

/**
 * Which workers give sessions away: those that are too heavy, and those far above the mean, down to the mean. Nothing moves
 * while something waits for an owner, starts or drains: then placement itself balances. What is given fits into the room
 * that others have.
 */
export const planMoves = (input: { mode: Mode; fleet: readonly LoadView[]; waiting: number }): Give[] => {
  const fleet = input.fleet.filter((worker) => worker.mode === input.mode)
  const unsettled = fleet.some(({ status }) => status === 'STARTING' || status === 'DRAINING')
  if (input.waiting > 0 || unsettled) return []
  const ready = fleet.filter(({ status }) => status === 'READY')
  const gives: Give[] = []
  let left = MOVES_AT_ONCE
  for (const worker of [...ready].sort((a, b) => loadOf(b) - loadOf(a) || (a.id < b.id ? -1 : 1))) {
    const others = ready.filter(({ id }) => id !== worker.id)
    const room = others.reduce((sum, other) => sum + roomOf(other), 0) - total(gives)
    const count = Math.min(left, MOVES_PER_WORKER, room, wishOf(worker, others))
    if (count <= 0) continue
    gives.push({ workerId: worker.id, count })
    left -= count
  }
  return gives
}

const total = (gives: readonly Give[]): number => gives.reduce((sum, { count }) => sum + count, 0)

const wishOf = (worker: LoadView, others: readonly LoadView[]): number => {
  if (isOverloaded(worker)) return Math.ceil(worker.used * 0.1)
  if (!others.some((other) => roomOf(other) > 0)) return 0
  const all = [worker, ...others]
  const mean = all.reduce((sum, { used }) => sum + used, 0) / all.reduce((sum, each) => sum + budgetOf(each), 0)
  if (loadOf(worker) - mean <= SKEW) return 0
  return Math.floor((loadOf(worker) - mean) * budgetOf(worker))
}

/** A session that was connected less than this ago stays: two moves in a row look like a flapping phone to WhatsApp. */
export const SETTLE_MS = 10 * 60_000

export interface MovableSession {
  readonly sessionId: string
  /** null: not connected */
  readonly connectedAt: number | null
  /** messages on their way at this moment */
  readonly inFlight: number
}

/** Which of a worker's sessions go: connected for a while, nothing in flight; the longest connected first. */
export const chooseMovable = <S extends MovableSession>(sessions: readonly S[], count: number, now: number): S[] =>
  sessions
    .filter(({ connectedAt, inFlight }) => connectedAt !== null && now - connectedAt >= SETTLE_MS && inFlight === 0)
    .sort((a, b) => a.connectedAt! - b.connectedAt! || (a.sessionId < b.sessionId ? -1 : 1))
    .slice(0, Math.max(0, count))
