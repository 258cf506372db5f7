import type { WorkerView } from './placement.ts'

/** The same heartbeat value seen for this long, on the observer's own monotonic clock: the worker is silent. */
export const SILENCE_MS = 30_000
/** A task that was never heard of: WorkerLifecycle gives up after 300 s; this catches a lifecycle that was aborted. */
export const STARTING_LIMIT_MS = 10 * 60_000

interface Sighting {
  readonly incarnation: number
  readonly counter: number
  /** monotonic milliseconds of the first time this value was seen */
  readonly since: number
}

/** What one observer has seen, by worker. Never shared between observers: their clocks differ. */
export type Sightings = ReadonlyMap<string, Sighting>
export const NO_SIGHTINGS: Sightings = new Map()

/**
 * Adds one round of consistent reads.
 * @param monotonicMs the observer's monotonic clock
 * @param wallMs only for workers that never started; no decision about a beating worker uses it
 * @returns the new sightings and the workers that have been silent for SILENCE_MS
 */
export const observe = <W extends WorkerView>(
  before: Sightings,
  workers: readonly W[],
  monotonicMs: number,
  wallMs: number,
): { sightings: Sightings; silent: W[] } => {
  const sightings = new Map<string, Sighting>()
  const silent: W[] = []
  for (const worker of workers) {
    if (worker.status === 'STARTING') {
      if (wallMs - worker.createdAt > STARTING_LIMIT_MS) silent.push(worker)
      continue
    }
    if (worker.status !== 'READY' && worker.status !== 'DRAINING') continue
    const { incarnation } = worker
    const { counter } = worker.heartbeat
    const seen = before.get(worker.id)
    const same = seen && seen.incarnation === incarnation && seen.counter === counter
    const sighting = same ? seen : { incarnation, counter, since: monotonicMs }
    sightings.set(worker.id, sighting)
    if (monotonicMs - sighting.since >= SILENCE_MS) silent.push(worker)
  }
  return { sightings, silent }
}

/** How many workers one tick may fence: many silent at once is more likely our own trouble than theirs. */
export const fenceAllowance = (fleetSize: number): number => Math.max(2, Math.floor(fleetSize / 10))

/** @returns who is fenced now, and whether some were left for the next tick */
export const chooseFences = <W>(
  silent: readonly W[],
  input: { fleetSize: number; alreadyFenced: number },
): { fence: W[]; capped: boolean } => {
  const allowance = Math.max(0, fenceAllowance(input.fleetSize) - input.alreadyFenced)
  return { fence: silent.slice(0, allowance), capped: silent.length > allowance }
}
