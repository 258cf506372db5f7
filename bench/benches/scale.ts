import { chooseCandidates } from '../../shared/core/placement.ts'
import { makeWorker } from '../../shared/core/testing/make-worker.ts'
import { seededRandom } from '../../shared/core/testing/random.ts'
import { simulateFleet } from '../../shared/core/testing/simulate-fleet.ts'
import { estimateCost } from '../../tools/cost/estimate.ts'
import { readOptions } from '../../tools/cost/options.ts'
import { type Bench, type Figure, quantile } from '../report.ts'
import { rounded } from '../support/rounds.ts'

const SEED = Number(process.env.SEED ?? 3)
const CAPACITY = 200
const MESSAGES_PER_SESSION = 100
/** one cell carries 50,000: more are several cells that know nothing of each other (docs/scale.md) */
const CELLS = [1_000, 10_000, 50_000]
const NEVER = 1e6

/** A cell that fills for an hour and loses a third of its workers at once in the second: virtual time, real decisions. */
const recovery = (sessions: number): Figure[] => {
  const started = performance.now()
  const { fleet, forgotten, crashes, peakWorkers } = simulateFleet({
    seed: SEED,
    sessions,
    hours: 3,
    capacity: CAPACITY,
    crashesPerHour: 0,
    stallsPerHour: 0,
    deployEvery: NEVER,
    stampedeEvery: 2,
    outageEvery: NEVER,
  })
  const wall = (performance.now() - started) / 1000
  const seconds = fleet.recoveries.map((milliseconds) => milliseconds / 1000)
  const lost = `${crashes} of ${peakWorkers} workers killed, ${seconds.length} sessions lost theirs`
  const broken = fleet.violations.length + forgotten.length
  return [
    { name: `${sessions} sessions: silence p50`, value: quantile(seconds, 0.5), unit: 's', note: lost },
    { name: `${sessions} sessions: silence longest`, value: quantile(seconds, 1), unit: 's', note: 'virtual time' },
    { name: `${sessions} sessions: twice or forgotten`, value: broken, unit: '', note: `seed ${SEED}` },
    {
      name: `${sessions} sessions: assignments`,
      value: fleet.assignments,
      unit: '',
      note: `simulated in ${rounded(wall, 1)} s`,
    },
  ]
}

/** Decisions per second of the placement core, with as many workers as a cell has. */
const decisions = (workers: number): Figure => {
  const random = seededRandom(SEED)
  const fleet = Array.from({ length: workers }, (_, index) => makeWorker({ id: `wrk_${index}`, used: index % 100 }))
  const rounds = Math.ceil(200_000 / workers)
  const started = performance.now()
  for (let round = 0; round < rounds; round++)
    chooseCandidates(fleet, { mode: 'live', version: 'v1', random, avoid: null })
  const perSecond = (rounds * 1000) / (performance.now() - started)
  return { name: `${workers} workers: placements`, value: Math.round(perSecond), unit: '1/s', note: 'one core' }
}

const cost = (sessions: number): Figure => {
  const messages = String(sessions * MESSAGES_PER_SESSION)
  const options = readOptions(['--sessions', String(sessions), '--messages-per-day', messages])
  const { usdPerSession, workers } = estimateCost(options!.input)
  const note = `${workers} workers, ${MESSAGES_PER_SESSION} messages per session and day, list prices`
  return { name: `${sessions} sessions: cost`, value: rounded(usdPerSession, 3), unit: 'USD', note }
}

/** What the fleet's decisions and its bill do as it grows. Nothing of it ran on AWS. */
export const run: Bench = async () => [
  ...CELLS.flatMap(recovery),
  ...[5, 50, 250].map(decisions),
  ...[100, 1_000, 10_000, 100_000, 1_000_000].map(cost),
]
