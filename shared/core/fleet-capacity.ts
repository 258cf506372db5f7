import { budgetOf, type LoadView, roomOf } from './fleet-load.ts'
import type { Mode } from './tenant-scope.ts'

/** Room that is always kept, beyond what is used: a new session must not wait for a cold start. */
const WARM_SHARE = 0.15
/** The remaining workers must stay below this after a scale-in, and must have been for a while. */
const SCALE_IN_BELOW = 0.8
export const SCALE_IN_AFTER_MS = 15 * 60_000
/** Fargate retires old tasks, and memory creeps: a worker lives for a week, give or take half a day so that not all go at once. */
export const WORKER_LIFE_MS = 7 * 24 * 3_600_000
const LIFE_JITTER_MS = 12 * 3_600_000
/** At most this many launches per mode and decision: RunTask allows 20 a second for the account. */
const LAUNCHES_AT_ONCE = 10

export interface CapacityInput<W extends LoadView = LoadView> {
  readonly mode: Mode
  readonly fleet: readonly W[]
  /** sessions of the mode that want an owner and have none */
  readonly waiting: number
  readonly now: number
  /** since when a smaller fleet would have been enough; null: it would not */
  readonly spareSince: number | null
  readonly workerCapacity: number
  /** workers kept even when there is nothing to do */
  readonly minimumWorkers: number
  /** default true; without it capacity comes only when something waits (a laptop) */
  readonly keepWarm?: boolean
}

export interface CapacityPlan<W extends LoadView = LoadView> {
  readonly launch: number
  /** one worker at a time is told to hand over and go */
  readonly drain: { readonly worker: W; readonly because: 'scaleIn' | 'age' } | null
  /** to be handed back at the next decision */
  readonly spareSince: number | null
}

/**
 * How many workers the mode needs. Launches for what waits plus the warm spare; drains the emptiest when the rest carries
 * the load for 15 minutes on end, and the oldest when it has lived its week. Never both in one decision, and never a
 * drain while another one runs, a worker starts, or anything waits: each of them changes what is needed.
 */
export const planCapacity = <W extends LoadView>(input: CapacityInput<W>): CapacityPlan<W> => {
  const fleet = input.fleet.filter((worker) => worker.mode === input.mode)
  const ready = fleet.filter((worker) => worker.status === 'READY')
  const starting = fleet.filter((worker) => worker.status === 'STARTING').length
  const draining = fleet.filter((worker) => worker.status === 'DRAINING')
  const used = ready.reduce((sum, worker) => sum + worker.used, 0)
  const leaving = draining.reduce((sum, worker) => sum + worker.used, 0)
  const wanted = used + leaving + input.waiting
  const room = ready.reduce((sum, worker) => sum + roomOf(worker), 0) + starting * input.workerCapacity
  const keepWarm = input.keepWarm ?? true
  const warm = keepWarm ? warmRoom(wanted, input.workerCapacity) : 0
  const missing = Math.max(input.waiting + leaving + warm - room, 0)
  const below = Math.max(input.minimumWorkers - ready.length - starting, 0)
  const launch = Math.min(LAUNCHES_AT_ONCE, Math.max(Math.ceil(missing / input.workerCapacity), below))
  if (launch > 0 || starting > 0 || draining.length > 0 || input.waiting > 0)
    return { launch, drain: null, spareSince: null }
  const old = oldest(ready.filter((worker) => input.now - worker.createdAt >= lifeOf(worker.id)))
  if (old && roomWithout(ready, old) >= old.used)
    return { launch: 0, drain: { worker: old, because: 'age' }, spareSince: null }
  // Its sessions need room that is not there: the replacement comes first, the drain at a later decision.
  if (old) return { launch: 1, drain: null, spareSince: null }
  const emptiest = ready.length > input.minimumWorkers ? emptiestOf(ready) : null
  if (!emptiest || !isSpare(ready, emptiest, warm)) return { launch: 0, drain: null, spareSince: null }
  const spareSince = input.spareSince ?? input.now
  if (input.now - spareSince < SCALE_IN_AFTER_MS) return { launch: 0, drain: null, spareSince }
  return { launch: 0, drain: { worker: emptiest, because: 'scaleIn' }, spareSince: null }
}

/** One worker's worth, or 15 % of what is used, whichever is more; nothing for a mode that nobody uses. */
const warmRoom = (wanted: number, workerCapacity: number): number =>
  wanted === 0 ? 0 : Math.max(workerCapacity, Math.ceil(wanted * WARM_SHARE))

/** Spread by id, so that a fleet that started together does not end together. */
export const lifeOf = (workerId: string): number => {
  let hash = 0
  for (const character of workerId) hash = (hash * 31 + character.charCodeAt(0)) >>> 0
  return WORKER_LIFE_MS + ((hash % 2001) / 1000 - 1) * LIFE_JITTER_MS
}

const roomWithout = (ready: readonly LoadView[], gone: LoadView): number =>
  ready.reduce((sum, worker) => sum + (worker.id === gone.id ? 0 : roomOf(worker)), 0)

/** Whether the others carry everything below the limit and still keep the warm room. */
const isSpare = (ready: readonly LoadView[], gone: LoadView, warm: number): boolean => {
  const used = ready.reduce((sum, worker) => sum + worker.used, 0)
  const budget = ready.reduce((sum, worker) => sum + (worker.id === gone.id ? 0 : budgetOf(worker)), 0)
  return used <= budget * SCALE_IN_BELOW && roomWithout(ready, gone) - gone.used >= warm
}

const emptiestOf = <W extends LoadView>(ready: readonly W[]): W | null =>
  [...ready].sort((a, b) => a.used - b.used || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))[0] ?? null
const oldest = <W extends LoadView>(workers: readonly W[]): W | null =>
  [...workers].sort((a, b) => a.createdAt - b.createdAt)[0] ?? null
