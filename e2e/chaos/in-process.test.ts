import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { expectProof, seedsFrom } from './proof.ts'
import { printReport } from './report.ts'
import { runSeeds } from './run-seeds.ts'

/** CHAOS_SEED=n plays that seed alone, on a new session; CHAOS_SEEDS=n so many; CHAOS_FIRST_SEED=n begins there. */
const FIRST = Number(process.env.CHAOS_SEED ?? process.env.CHAOS_FIRST_SEED ?? 1)
const COUNT = process.env.CHAOS_SEED ? 1 : Number(process.env.CHAOS_SEEDS ?? 216)
const CONTROL_SEEDS = 8

// The workers are in this process: their metric lines would bury the report.
beforeAll(() => void vi.stubEnv('METRICS', 'off'))
afterAll(() => void vi.unstubAllEnvs())

describe('whatever stops a worker, and whenever', () => {
  test('nothing is lost, nothing is told twice, no ratchet turns twice', { timeout: 1_800_000 }, async () => {
    const report = await runSeeds({ seeds: seedsFrom(FIRST, COUNT) })
    printReport('chaos in one process', report)
    expectProof(report)
  })

  test('the control run, with the gate off, loses: the checker can see it', { timeout: 300_000 }, async () => {
    const report = await runSeeds({ seeds: seedsFrom(1, CONTROL_SEEDS), isGateOff: true })
    printReport('control run, gate off', { ...report, findings: report.findings.slice(0, 5) })
    expect(report.lost).toBeGreaterThan(0)
    expect(report.findings.filter((finding) => finding.startsWith('I3')).length).toBeGreaterThan(0)
    expect(report.findings.filter((finding) => /^I6 .*before its record/.test(finding)).length).toBeGreaterThan(0)
  })
})
