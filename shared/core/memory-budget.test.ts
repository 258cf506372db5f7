import { expect, test } from 'vitest'
import { decideMemory } from './memory-budget.ts'

const HOUR_MS = 3_600_000
const decide = (bytes: number, recycledAt: number | null, now = 0) =>
  decideMemory({ bytes, budgetBytes: 100, recycledAt }, now)

test('a session above its budget is recycled, at most once in six hours', () => {
  expect(decide(100, null)).toBe('fits')
  expect(decide(101, null)).toBe('recycle')
  expect(decide(101, 0, 5 * HOUR_MS)).toBe('tooBig')
  expect(decide(99, 0, 5 * HOUR_MS)).toBe('fits')
  expect(decide(101, 0, 6 * HOUR_MS)).toBe('recycle')
})
