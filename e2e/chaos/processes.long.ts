import { expect, test } from 'vitest'
import { PROCESS_POINTS, PROCESS_WEATHER } from './processes/process-plan.ts'
import { runProcessSeeds } from './processes/run-process-seeds.ts'
import { expectHits, seedsFrom } from './proof.ts'
import { printReport } from './report.ts'

const FIRST = Number(process.env.CHAOS_PROCESS_FIRST_SEED ?? 1_001)
const COUNT = Number(process.env.CHAOS_PROCESS_SEEDS ?? 108)

test(`${COUNT} stops of worker processes lose nothing`, { timeout: 7_200_000 }, async () => {
  const report = await runProcessSeeds(seedsFrom(FIRST, COUNT), true)
  printReport('chaos with real processes', report)
  expect(report.findings, 'replay one with CHAOS_PROCESS_FIRST_SEED=<seed> CHAOS_PROCESS_SEEDS=1').toEqual([])
  expect(report.seeds).toBe(COUNT)
  if (COUNT < PROCESS_POINTS.length * 3) return
  expectHits(report, [...PROCESS_POINTS.map(({ name }) => name), ...PROCESS_WEATHER, 's3 412'])
  expect(report.blockedFrames).toBeGreaterThan(0)
})
