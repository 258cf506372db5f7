import type { WorkerView } from './worker-view.ts'

/**
 * How full a worker really is. Counting sessions is not enough: ten busy groups weigh more than a hundred quiet phones.
 */
export type LoadView = WorkerView

/** Above these a worker gets nothing new (admission), however few sessions it holds. */
const RSS_LIMIT_SHARE = 0.75
const LOOP_LAG_LIMIT_MS = 200
/** What a worker takes without any session, measured on the idle process; the rest is shared by its sessions. */
const BASE_BYTES = 150 * 2 ** 20
/** Below this the memory per session is noise. */
const ENOUGH_TO_LEARN_FROM = 20

/** Why a worker takes no further session; null: it does. `capacity` counts sessions, the others are measured. */
export const refusalOf = (worker: LoadView): 'status' | 'capacity' | 'memory' | 'loopLag' | null => {
  if (worker.status !== 'READY' || worker.queueUrl === null) return 'status'
  if (worker.used >= worker.capacity) return 'capacity'
  if (isOutOfMemory(worker)) return 'memory'
  if ((worker.loopLagMs ?? 0) >= LOOP_LAG_LIMIT_MS) return 'loopLag'
  return null
}

/**
 * The weight budget in sessions: how many this worker can hold at the memory that its present sessions take. Never above
 * the configured capacity, never below what it holds unless it is over its limit.
 */
export const budgetOf = (worker: LoadView): number => {
  const { used, capacity, rssBytes, memoryBytes } = worker
  if (!memoryBytes || !rssBytes || used < ENOUGH_TO_LEARN_FROM) return capacity
  const perSession = Math.max(1, rssBytes - BASE_BYTES) / used
  return Math.max(1, Math.min(capacity, Math.floor((memoryBytes * RSS_LIMIT_SHARE - BASE_BYTES) / perSession)))
}

/** Sessions that this worker could take now. */
export const roomOf = (worker: LoadView): number =>
  refusalOf(worker) === null ? Math.max(0, budgetOf(worker) - worker.used) : 0

/** Share of the budget in use, 0 to 1 and beyond: what "least loaded" means. */
export const loadOf = (worker: LoadView): number => worker.used / budgetOf(worker)

/** It has to give sessions away: no admission rule helps a worker that is already too heavy. */
export const isOverloaded = (worker: LoadView): boolean =>
  worker.status === 'READY' && (isOutOfMemory(worker) || (worker.loopLagMs ?? 0) >= LOOP_LAG_LIMIT_MS)

const isOutOfMemory = ({ rssBytes, memoryBytes }: LoadView): boolean =>
  Boolean(memoryBytes) && Boolean(rssBytes) && rssBytes! >= memoryBytes! * RSS_LIMIT_SHARE
