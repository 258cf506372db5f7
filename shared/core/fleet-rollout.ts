import { type LoadView, roomOf } from './fleet-load.ts'
import type { Mode } from './tenant-scope.ts'

/** A rolling replacement of workers by the version that new tasks run. The row is the truth, the machine only comes back. */
export interface RolloutView {
  readonly mode: Mode
  /** workers of any other version are replaced */
  readonly version: string
  /** old workers that hand over at the same time */
  readonly waveSize: number
  readonly status: 'running' | 'aborting' | 'done' | 'aborted' | 'failed'
  readonly startedAt: number
  /** since when an alarm has been ringing without a pause; null or absent: none rings */
  readonly alarmingSince?: number | null
  /** the rollout is the repair of what rings: go on */
  readonly ignoreAlarms?: boolean
}

/** Names of the alarms that ring; null: nobody could look, which is no reason to believe that all is well. */
export type AlarmSight = readonly string[] | null

export type RolloutStep<W extends LoadView = LoadView> =
  | { readonly action: 'launch'; readonly count: number }
  | { readonly action: 'drain'; readonly workers: readonly W[] }
  | { readonly action: 'wait'; readonly because: string }
  | { readonly action: 'end'; readonly status: 'done' | 'aborted' | 'failed'; readonly because: string }

/** A rollout that has not come to an end by then needs a person. */
export const ROLLOUT_LIMIT_MS = 24 * 3_600_000
/** An alarm that a rollout caused does not go away by waiting: the rest of the fleet keeps the old version. */
export const ALARM_PATIENCE_MS = 15 * 60_000

/**
 * The next step, from what is there now and nothing else: called again after a crash or twice at once it says the same.
 * New room first, then one wave of old workers hands over, then the next. Abort finishes no wave and starts none: workers
 * that drain go on (their sessions are on the way), the rest stays; a mixed fleet is a legal one.
 */
export const planRollout = <W extends LoadView>(input: {
  rollout: RolloutView
  fleet: readonly W[]
  /** sessions of the mode without an owner: a wave waits until the one before has landed */
  waiting: number
  alarms: AlarmSight
  /** launches of the version that died before their first beat since the rollout began */
  failedStarts: number
  workerCapacity: number
  now: number
}): RolloutStep<W> => {
  const { rollout, now } = input
  const fleet = input.fleet.filter((worker) => worker.mode === rollout.mode)
  const old = fleet.filter((worker) => worker.version !== rollout.version)
  const oldReady = old.filter((worker) => worker.status === 'READY')
  if (rollout.status === 'aborting') return { action: 'end', status: 'aborted', because: 'asked' }
  if (input.failedStarts >= 3)
    return { action: 'end', status: 'failed', because: 'workers of this version do not start' }
  if (now - rollout.startedAt > ROLLOUT_LIMIT_MS) return { action: 'end', status: 'failed', because: 'took too long' }
  if (oldReady.some((worker) => worker.createdAt > rollout.startedAt))
    return { action: 'end', status: 'failed', because: 'new tasks run another version: deploy it first' }
  if (!rollout.ignoreAlarms) {
    if (input.alarms === null) return { action: 'wait', because: 'alarms cannot be read' }
    if (input.alarms.length > 0) return stopForAlarms(input.alarms, rollout.alarmingSince ?? now, now)
  }
  if (fleet.some((worker) => worker.status === 'DRAINING')) return { action: 'wait', because: 'draining' }
  if (fleet.some((worker) => worker.status === 'STARTING')) return { action: 'wait', because: 'starting' }
  if (input.waiting > 0) return { action: 'wait', because: 'unowned' }
  if (oldReady.length === 0) return { action: 'end', status: 'done', because: 'every worker runs this version' }
  const wave = [...oldReady]
    .sort((a, b) => a.used - b.used || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
    .slice(0, Math.max(1, rollout.waveSize))
  const moving = wave.reduce((sum, worker) => sum + worker.used, 0)
  // Only room of the new version counts: what moves to an old worker would have to move again.
  const room = fleet
    .filter((worker) => worker.version === rollout.version)
    .reduce((sum, worker) => sum + roomOf(worker), 0)
  if (room < moving) return { action: 'launch', count: Math.ceil((moving - room) / input.workerCapacity) }
  return { action: 'drain', workers: wave }
}

const stopForAlarms = (alarms: readonly string[], since: number, now: number): RolloutStep<never> =>
  now - since >= ALARM_PATIENCE_MS
    ? { action: 'end', status: 'failed', because: `alarm for 15 minutes: ${alarms.join(', ')}` }
    : { action: 'wait', because: `alarm: ${alarms.join(', ')}` }

/** What the row remembers: the clock of patience starts at the first look that sees an alarm, and stops at calm. */
export const alarmingSince = (rollout: RolloutView, alarms: AlarmSight, now: number): number | null => {
  if (alarms === null) return rollout.alarmingSince ?? null
  return alarms.length > 0 ? (rollout.alarmingSince ?? now) : null
}
