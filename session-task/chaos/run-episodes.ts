import type { TestFleet } from '../testing/test-fleet.ts'
import { runEpisode } from './episode.ts'
import { emptyTally, openLane, type Tally } from './lane.ts'
import { ALL_POINTS } from './race-points.ts'

/**
 * Episodes with the seeds firstSeed, firstSeed + 1, … on a few sessions side by side. Prints what happened.
 * @throws the first broken promise, with its seed
 */
export const runEpisodes = async (
  fleet: TestFleet,
  input: { episodes: number; firstSeed: number; lanes: number; withoutGate?: boolean },
): Promise<Tally> => {
  const tally = emptyTally()
  const seeds = Array.from({ length: input.episodes }, (_, index) => input.firstSeed + index)
  const base = 10_000_000 + Math.floor(input.firstSeed % 1_000_000)
  const runLane = async (lane: number): Promise<void> => {
    const contacts = [`55219${base + lane}1`, `55219${base + lane}2`]
    const opened = await openLane(fleet, tally, `55119${base + lane}0`, contacts, input.withoutGate)
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift())
      try {
        await runEpisode(opened, seed)
      } catch (error) {
        seeds.length = 0
        throw new Error(`seed ${seed} (CHAOS_SEED=${seed} CHAOS_EPISODES=1): ${(error as Error).message}`, {
          cause: error,
        })
      }
    opened.current.mortal.disarm()
  }
  const lanes = await Promise.allSettled(
    Array.from({ length: Math.min(input.lanes, input.episodes) }, (_, lane) => runLane(lane)),
  )
  report(tally, input.firstSeed)
  for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason
  return tally
}

const report = (tally: Tally, firstSeed: number): void => {
  const gaps = [...tally.gapsMs].sort((a, b) => a - b)
  const at = (q: number) => Math.round(gaps[Math.min(gaps.length - 1, Math.floor(q * gaps.length))] ?? 0)
  console.log(
    [
      `chaos: ${tally.episodes} episodes from seed ${firstSeed}: ${tally.accepted} messages out, ${tally.texts} in,`,
      `${tally.kills} kills, ${tally.drains} drains, ${tally.splitBrains} split brains;`,
      `${tally.repeatedFrames} frames repeated, ${tally.framesHeldByZombies} frames of zombies held back;`,
      `gap in service p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`,
      ...[...ALL_POINTS, 'any moment' as const].map(
        (point) =>
          `\n  ${point.padEnd(34)} deaths ${String(tally.deaths.get(point) ?? 0).padStart(4)}   passed ${point === 'any moment' ? '' : (tally.hits.get(point) ?? 0)}`,
      ),
    ].join(' '),
  )
}
