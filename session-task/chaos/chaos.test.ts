import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestFleet, type TestFleet } from '../testing/test-fleet.ts'
import { ALL_POINTS } from './race-points.ts'
import { runEpisodes } from './run-episodes.ts'

const EPISODES = Number(process.env.CHAOS_EPISODES ?? 200)
const FIRST_SEED = Number(process.env.CHAOS_SEED ?? 1)

let fleet: TestFleet
beforeAll(async () => {
  fleet = await startTestFleet()
})
afterAll(() => fleet.stop())

describe('a worker can die at any named race point', () => {
  test('nothing is lost, nothing sent under two contents, no ratchet used twice, no QR again', {
    timeout: 600_000,
  }, async () => {
    const tally = await runEpisodes(fleet, { episodes: EPISODES, firstSeed: FIRST_SEED, lanes: 6 })
    expect(tally.episodes).toBe(EPISODES)
    expect(await fleet.simulator.violations()).toEqual([])
    if (EPISODES < 200) return
    expect(tally.framesHeldByZombies).toBeGreaterThan(0)
    for (const point of ALL_POINTS) expect(tally.hits.get(point) ?? 0, point).toBeGreaterThan(0)
    for (const point of ALL_POINTS) expect(tally.deaths.get(point) ?? 0, `deaths: ${point}`).toBeGreaterThan(0)
  })
})
