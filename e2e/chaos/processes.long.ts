import { expect, test } from 'vitest'
import { printProcessReport, runProcessSeeds } from './process-seeds.ts'
import { seedsFrom } from './proof.ts'

const FIRST = Number(process.env.CHAOS_PROCESS_FIRST_SEED ?? 1_001)
const COUNT = Number(process.env.CHAOS_PROCESS_SEEDS ?? 100)

test(`${COUNT} SIGKILLs of worker processes lose nothing`, { timeout: 7_200_000 }, async () => {
  const report = await runProcessSeeds(seedsFrom(FIRST, COUNT))
  printProcessReport(report)
  expect(report.findings).toEqual([])
  expect(report.seeds).toBe(COUNT)
  expect([...report.hits].filter(([, count]) => count === 0)).toEqual([])
})
