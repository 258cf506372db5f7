import { expect, test } from 'vitest'
import { allocationAllowance } from './fleet-pace.ts'

test('a pass starts what fits and what can connect until the next pass, and one more that makes capacity come', () => {
  expect(allocationAllowance({ free: 0, readyWorkers: 0, passSeconds: 60 })).toBe(1)
  expect(allocationAllowance({ free: 10, readyWorkers: 2, passSeconds: 60 })).toBe(11)
  expect(allocationAllowance({ free: 5_000, readyWorkers: 2, passSeconds: 60 })).toBe(601)
})
