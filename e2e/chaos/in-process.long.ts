import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { expectProof, seedsFrom } from './proof.ts'
import { printReport } from './report.ts'
import { runSeeds } from './run-seeds.ts'

const FIRST = Number(process.env.CHAOS_FIRST_SEED ?? 1_001)
const COUNT = Number(process.env.CHAOS_SEEDS ?? 1_026)

// The workers are in this process: their metric lines would bury the report.
beforeAll(() => void vi.stubEnv('METRICS', 'off'))
afterAll(() => void vi.unstubAllEnvs())

test(`${COUNT} seeds from ${FIRST}: nothing is lost, whatever stops a worker`, { timeout: 7_200_000 }, async () => {
  const report = await runSeeds({ seeds: seedsFrom(FIRST, COUNT) })
  printReport('chaos in one process', report)
  expect(report.seeds).toBe(COUNT)
  expectProof(report)
})
