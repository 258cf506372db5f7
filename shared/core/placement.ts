import { createHash } from 'node:crypto'
import { loadOf, refusalOf, roomOf } from './fleet-load.ts'
import { encodeCrockford } from './ids.ts'
import type { Mode } from './tenant-scope.ts'
import type { WorkerView } from './worker-view.ts'

/** Who gets a session, whether a new worker is needed, which sessions need an owner. Pure: rows in, decision out. */
export type { WorkerView }

export interface LeaseView {
  readonly owner: { readonly workerId: string; readonly incarnation: number } | null
  readonly desired: 'RUNNING' | 'STOPPED' | 'LOGGED_OUT' | 'DELETED'
  readonly settled: boolean
  readonly crashes: number
}

/** A session that brought this many workers down is set aside until a person looks (protocol §9, C3). */
export const QUARANTINE_CRASHES = 5
/** Random among the fittest few: after a crash, hundreds of sessions must not all choose the same worker (H18). */
const FITTEST = 3
/** A worker that never beat and died: the next launch waits 2, 4, 8 … 60 s. Two free tries: one bad start is normal. */
const FREE_FAILED_STARTS = 2
const MAXIMUM_LAUNCH_DELAY_MS = 60_000
export const FAILED_START_MEMORY_MS = 10 * 60_000

/** Alive: it may still write. Only DEAD, DRAINED, another incarnation, or no row at all frees its sessions. */
export const isAlive = (owner: LeaseView['owner'], worker: WorkerView | null): boolean =>
  owner !== null &&
  worker !== null &&
  worker.incarnation === owner.incarnation &&
  worker.status !== 'DEAD' &&
  worker.status !== 'DRAINED'

export type Need = 'none' | 'owned' | 'allocate' | 'quarantine'

/** @param worker row of the lease's owner */
export const decideNeed = (lease: LeaseView | null, worker: WorkerView | null): Need => {
  if (!lease) return 'none'
  if (isAlive(lease.owner, worker)) return 'owned'
  const wanted = lease.desired === 'RUNNING' || !lease.settled
  if (!wanted) return 'none'
  return lease.crashes >= QUARANTINE_CRASHES ? 'quarantine' : 'allocate'
}

const hasRoom = (worker: WorkerView, mode: Mode): boolean => worker.mode === mode && refusalOf(worker) === null

/** Slots that READY workers of the mode have left. */
export const freeSlots = (workers: readonly WorkerView[], mode: Mode): number =>
  workers.filter((worker) => hasRoom(worker, mode)).reduce((sum, worker) => sum + roomOf(worker), 0)

/**
 * The workers to try, best first: least loaded, the wanted version before others, shuffled among the fittest few.
 * Version is a preference: in the middle of a deployment old workers are as good as none new. It is a requirement only
 * for a session whose log a newer version wrote.
 * @param avoid a worker that was asked to let the session go: tried last
 * @param refused versions that cannot read the session's log: never tried
 * @param random a number in [0, 1) per call
 */
export const chooseCandidates = <W extends WorkerView>(
  workers: readonly W[],
  input: {
    mode: Mode
    version: string | null
    avoid?: string | null
    refused?: readonly string[]
    random: () => number
  },
): W[] => {
  const ranked = workers
    .filter((worker) => hasRoom(worker, input.mode) && !input.refused?.includes(worker.version))
    .sort(
      (a, b) =>
        Number(b.version === input.version) - Number(a.version === input.version) ||
        loadOf(a) - loadOf(b) ||
        (a.id < b.id ? -1 : 1),
    )
  const avoided = ranked.filter(({ id }) => id === input.avoid)
  const free = ranked.filter(({ id }) => id !== input.avoid)
  // Never shuffled across versions: in a rollout most would land on an old worker and have to move again.
  const preferred = free.filter(({ version }) => version === input.version).length
  const few = Math.min(FITTEST, preferred || FITTEST)
  return [...shuffle(free.slice(0, few), input.random), ...free.slice(few), ...avoided]
}

export type LaunchDecision =
  | { readonly launch: true; readonly name: string }
  | { readonly launch: false; readonly because: 'starting' | 'backingOff' }

/**
 * Whether to launch a worker when nobody has room. The name is made of the fleet that the caller saw, so that callers who
 * saw the same fleet launch one worker between them (execution names are unique), and the next fleet has another name.
 * The minute is in it because a launch may fail before its worker is registered.
 */
export const decideLaunch = (workers: readonly WorkerView[], mode: Mode, now: number): LaunchDecision => {
  const fleet = workers.filter((worker) => worker.mode === mode)
  if (fleet.some((worker) => worker.status === 'STARTING')) return { launch: false, because: 'starting' }
  const failedStarts = fleet.filter((worker) => failedToStartLately(worker, now))
  const over = failedStarts.length - FREE_FAILED_STARTS
  if (over >= 0) {
    const last = Math.max(...failedStarts.map((worker) => worker.createdAt))
    if (now - last < Math.min(MAXIMUM_LAUNCH_DELAY_MS, 2_000 * 2 ** over))
      return { launch: false, because: 'backingOff' }
  }
  const seen = createHash('sha256')
    .update(
      fleet
        .map((worker) => worker.id)
        .sort()
        .join(),
    )
    .digest()
  return { launch: true, name: `launch-${mode}-${Math.floor(now / 60_000)}-${encodeCrockford(seen).slice(0, 12)}` }
}

/** It died before its first beat: remembered for a while, so that a broken image does not launch forever. */
export const failedToStart = (worker: WorkerView): boolean => worker.status === 'DEAD' && worker.heartbeat.counter === 0

export const failedToStartLately = (worker: WorkerView, now: number): boolean =>
  failedToStart(worker) && worker.createdAt > now - FAILED_START_MEMORY_MS

/** One worker per launch, however often the registration is tried. */
export const workerIdOfLaunch = (launchName: string): string =>
  `wrk_${encodeCrockford(createHash('sha256').update(launchName).digest()).slice(0, 26)}`

export const allocationName = (sessionId: string, epoch: number, attempt: number): string =>
  `alloc-${sessionId}-${epoch}-${attempt}`

/** Fisher–Yates on a copy. */
export const shuffle = <T>(items: readonly T[], random: () => number): T[] => {
  const shuffled = [...items]
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    ;[shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!]
  }
  return shuffled
}
