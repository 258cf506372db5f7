import { expect, test } from 'vitest'
import { printProcessReport, runProcessSeeds } from './process-seeds.ts'
import { seedsFrom } from './proof.ts'

const FIRST = Number(process.env.CHAOS_PROCESS_SEED || 1)
const COUNT = process.env.CHAOS_PROCESS_SEED ? 1 : Number(process.env.CHAOS_PROCESS_SEEDS ?? 10)

test('SIGKILL of the worker process at any moment loses nothing', { timeout: 900_000 }, async () => {
  const report = await runProcessSeeds(seedsFrom(FIRST, COUNT))
  printProcessReport(report)
  expect(report.findings, 'replay one with CHAOS_PROCESS_SEED=<seed>').toEqual([])
  expect(report.seeds).toBe(COUNT)
})
