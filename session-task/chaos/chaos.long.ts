import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestFleet, type TestFleet } from '../testing/test-fleet.ts'
import { runEpisodes } from './run-episodes.ts'

const EPISODES = Number(process.env.CHAOS_EPISODES ?? 1_000)
/** another story at each run; what failed is run again with CHAOS_SEED */
const FIRST_SEED = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000_000)

let fleet: TestFleet
beforeAll(async () => {
  fleet = await startTestFleet()
})
afterAll(() => fleet.stop())

test(`chaos: ${EPISODES} episodes from seed ${FIRST_SEED}`, { timeout: 3_600_000 }, async () => {
  const tally = await runEpisodes(fleet, { episodes: EPISODES, firstSeed: FIRST_SEED, lanes: 6 })
  expect(tally.episodes).toBe(EPISODES)
  expect(await fleet.simulator.violations()).toEqual([])
})
