import { expect, test } from 'vitest'
import { VersionBreaker } from './version-breaker.ts'

const MINUTE_MS = 60_000

test('three refused sessions hold nobody, the fourth within five minutes holds all', () => {
  const breaker = new VersionBreaker()
  for (const id of ['a', 'b', 'c', 'a']) expect(breaker.onRefused(id, 0)).toBe(false)
  expect(breaker.holdMs(1)).toBe(0)
  expect(breaker.onRefused('d', 4 * MINUTE_MS)).toBe(true)
  expect(breaker.holdMs(4 * MINUTE_MS)).toBe(5 * MINUTE_MS)
})

test('refusals that are far apart hold nobody', () => {
  const breaker = new VersionBreaker()
  for (let count = 0; count < 20; count++) expect(breaker.onRefused(`${count}`, count * 3 * MINUTE_MS)).toBe(false)
})

test('after five minutes one session probes; refused again all wait, accepted all go', () => {
  const breaker = new VersionBreaker()
  for (const id of ['a', 'b', 'c', 'd']) breaker.onRefused(id, 0)
  const later = 5 * MINUTE_MS
  expect(breaker.holdMs(later)).toBe(0)
  expect(breaker.holdMs(later)).toBe(5 * MINUTE_MS)
  expect(breaker.onRefused('a', later + 1)).toBe(false)
  expect(breaker.holdMs(later + 1)).toBe(5 * MINUTE_MS)
  breaker.onAccepted()
  expect(breaker.holdMs(later + 2)).toBe(0)
  expect(breaker.holdMs(later + 2)).toBe(0)
})
