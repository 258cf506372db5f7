import { expect } from 'vitest'
import { RACE_POINTS } from './race-points.ts'
import type { RunReport } from './report.ts'

/** `count` seeds beginning with `first`. */
export const seedsFrom = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index)

/** No promise is broken, and the run was hard enough to say so: every race point and every weather struck. */
export const expectProof = (report: RunReport): void => {
  expect(report.findings, 'replay one with CHAOS_SEED=<seed>').toEqual([])
  if (report.seeds < RACE_POINTS.length * 4) return
  expectHits(report, [...report.hits.keys()])
  expect(report.openAtStop).toBeGreaterThanOrEqual(50)
  expect(report.blockedFrames).toBeGreaterThan(0)
  expect(report.deletes).toBeGreaterThan(0)
  // I9 allows 120 s from the end of the trouble.
  expect(Math.max(...report.healingMs)).toBeLessThan(120_000)
}

export const expectHits = (report: RunReport, names: readonly string[]): void =>
  expect(names.filter((name) => !report.hits.get(name))).toEqual([])
