import { type NamedRacePoint, RACE_POINTS, WEATHER, type Weather } from '../race-points.ts'
import { makeRandom } from '../random.ts'

/** What every run of ten seeds meets: each kind of moment once, and a split brain. */
const FIRST_TEN: readonly string[] = [
  'before commit',
  'PUT accepted, answer lost',
  'after commit, before the frame',
  'before receipt',
  'after wire, before ack',
  'during claim, after',
  'during assign, HEAD claimed',
  'during drain, HEAD written',
  'between event row and bus',
  'split brain, woken at a commit',
]

export const PROCESS_POINTS: readonly NamedRacePoint[] = [
  ...FIRST_TEN.map((wanted) => RACE_POINTS.find(({ name }) => name === wanted)!),
  ...RACE_POINTS.filter(({ name }) => !FIRST_TEN.includes(name)),
]

/** Weather that a process can be given from outside; rings are the platform's own. */
export const PROCESS_WEATHER = WEATHER.filter((weather) => /^(s3|dynamodb)/.test(weather))

export interface ProcessPlan {
  readonly seed: number
  readonly point: NamedRacePoint
  readonly nth: number
  /** the next owner is killed as well, at whatever moment */
  readonly isTwice: boolean
  readonly weather: Weather | null
  /** the reaper finds the worker that stands still by itself, in half a minute or more; else ECS says so at once */
  readonly waitsForReaper: boolean
}

/** @param patience waits for the real reaper in some seeds */
export const processPlanOf = (seed: number, patience: boolean): ProcessPlan => {
  const random = makeRandom(seed)
  const point = PROCESS_POINTS[(seed - 1) % PROCESS_POINTS.length]!
  return {
    seed,
    point,
    // Receipts are few: the gate lets one out for many messages.
    nth: point.phase !== 'live' || point.point === 'receipt.before' ? 1 : random.between(1, 8),
    isTwice: point.action === 'kill' && seed > FIRST_TEN.length && random.chance(0.2),
    weather: seed > FIRST_TEN.length && random.chance(0.5) ? random.pick(PROCESS_WEATHER) : null,
    waitsForReaper: patience && point.action === 'pause' && random.chance(0.25),
  }
}

export const describeProcessPlan = ({ seed, point, nth, isTwice, weather, waitsForReaper }: ProcessPlan): string =>
  [
    `seed ${seed}: ${point.action === 'kill' ? 'SIGKILL' : 'SIGSTOP'} at the ${nth}. "${point.name}"`,
    ...(isTwice ? ['the next owner too'] : []),
    ...(weather ? [`weather: ${weather}`] : []),
    ...(waitsForReaper ? ['found by the reaper'] : []),
  ].join(', ')
