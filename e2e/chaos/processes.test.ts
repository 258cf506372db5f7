import { expect, test } from 'vitest'
import { PROCESS_POINTS } from './processes/process-plan.ts'
import { runProcessSeeds } from './processes/run-process-seeds.ts'
import { expectHits, seedsFrom } from './proof.ts'
import { printReport } from './report.ts'

const FIRST = Number(process.env.CHAOS_PROCESS_SEED || 1)
const COUNT = process.env.CHAOS_PROCESS_SEED ? 1 : Number(process.env.CHAOS_PROCESS_SEEDS ?? 10)

test('SIGKILL and SIGSTOP of worker processes at their race points lose nothing', { timeout: 900_000 }, async () => {
  const report = await runProcessSeeds(seedsFrom(FIRST, COUNT))
  printReport('chaos with real processes', report)
  expect(report.findings, 'replay one with CHAOS_PROCESS_SEED=<seed>').toEqual([])
  expect(report.seeds).toBe(COUNT)
  if (FIRST === 1)
    expectHits(
      report,
      PROCESS_POINTS.slice(0, COUNT).map(({ name }) => name),
    )
})
