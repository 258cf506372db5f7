import { expect, test } from 'vitest'
import { chooseEgress } from './egress-choice.ts'

const WAYS = ['a', 'b', 'c', 'd']
const SESSIONS = Array.from({ length: 4_000 }, (_, index) => `ses_${index}`)

test('an account always leaves the same way, whatever the order of the list', () => {
  for (const id of SESSIONS.slice(0, 100)) expect(chooseEgress(id, WAYS)).toBe(chooseEgress(id, WAYS.toReversed()))
  expect(chooseEgress('ses_1', [])).toBeNull()
})

test('accounts are spread evenly, and a way that is taken away moves only those that used it', () => {
  const counts = new Map<string | null, number>()
  for (const id of SESSIONS) {
    const way = chooseEgress(id, WAYS)
    counts.set(way, (counts.get(way) ?? 0) + 1)
    if (way !== 'd') expect(chooseEgress(id, ['a', 'b', 'c'])).toBe(way)
  }
  for (const way of WAYS) expect(counts.get(way)).toBeGreaterThan(800)
})
