import fc from 'fast-check'
import { expect, test } from 'vitest'
import { budgetOf, isOverloaded, refusalOf, roomOf } from './fleet-load.ts'
import { makeWorker } from './testing/make-worker.ts'

const GIB = 2 ** 30

test('a worker above three quarters of its memory, or with a slow event loop, takes nothing new however few it holds', () => {
  expect(refusalOf(makeWorker({ id: 'w', memoryBytes: 4 * GIB, rssBytes: 3 * GIB }))).toBe('memory')
  expect(refusalOf(makeWorker({ id: 'w', loopLagMs: 200 }))).toBe('loopLag')
  expect(refusalOf(makeWorker({ id: 'w', used: 100 }))).toBe('capacity')
  expect(refusalOf(makeWorker({ id: 'w', status: 'DRAINING' }))).toBe('status')
  expect(refusalOf(makeWorker({ id: 'w' }))).toBeNull()
})

test('heavy sessions shrink the budget: 50 that take 2 GiB leave room for what 3 GiB hold', () => {
  const heavy = makeWorker({ id: 'w', memoryBytes: 4 * GIB, rssBytes: 2 * GIB })
  expect(budgetOf(heavy)).toBeLessThan(80)
  expect(budgetOf(heavy)).toBeGreaterThan(60)
  expect(budgetOf(makeWorker({ id: 'w', memoryBytes: 4 * GIB, rssBytes: GIB / 4 }))).toBe(100)
})

test('a worker that does not report its memory is counted by sessions, as before', () => {
  expect(budgetOf(makeWorker({ id: 'w' }))).toBe(100)
  expect(roomOf(makeWorker({ id: 'w' }))).toBe(50)
})

test('room is never negative, never above the capacity, and an overloaded worker has none', () => {
  fc.assert(
    fc.property(
      fc.record({
        used: fc.nat(300),
        rssBytes: fc.nat(8 * GIB),
        loopLagMs: fc.nat(400),
        memoryBytes: fc.constant(4 * GIB),
      }),
      (load) => {
        const worker = makeWorker({ id: 'w', ...load })
        expect(roomOf(worker)).toBeGreaterThanOrEqual(0)
        expect(roomOf(worker) + worker.used).toBeLessThanOrEqual(Math.max(worker.capacity, worker.used))
        if (isOverloaded(worker)) expect(roomOf(worker)).toBe(0)
      },
    ),
  )
})
