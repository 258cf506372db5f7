import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestFleet, type TestFleet } from '../testing/test-fleet.ts'
import { runEpisodes } from './run-episodes.ts'

let fleet: TestFleet
beforeAll(async () => {
  fleet = await startTestFleet()
})
afterAll(() => fleet.stop())

test('control: the same chaos with the wire gate off breaks a promise', { timeout: 300_000 }, async () => {
  const broken = await runEpisodes(fleet, { episodes: 200, firstSeed: 1, lanes: 4, withoutGate: true }).catch(
    (error: Error) => error.message,
  )
  console.log(`without the gate: ${broken}`)
  expect(broken).toMatch(/I\d: /)
})
