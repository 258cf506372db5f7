import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BucketSize, blockOf, intervalMs, takeTokens, tokensAt } from './token-bucket.ts'

const sizes = fc
  .record({ perSecond: fc.integer({ min: 1, max: 20_000 }), burst: fc.integer({ min: 1, max: 50_000 }) })
  .map((size): BucketSize => size)
const steps = fc.array(
  fc.record({ waitMs: fc.integer({ min: 0, max: 5_000 }), wanted: fc.integer({ min: 1, max: 500 }) }),
  { minLength: 1, maxLength: 80 },
)
const START = 1_800_000_000_000

describe('token bucket', () => {
  it('never gives more than burst + rate × time in any window', () => {
    fc.assert(
      fc.property(sizes, steps, (size, plan) => {
        let fullAt: number | null = null
        let now = START
        const grants: { at: number; granted: number }[] = []
        for (const { waitMs, wanted } of plan) {
          now += waitMs
          const lease = takeTokens(size, fullAt, now, wanted)
          fullAt = lease.fullAt
          grants.push({ at: now, granted: lease.granted })
        }
        for (let from = 0; from < grants.length; from++) {
          let sum = 0
          for (let to = from; to < grants.length; to++) {
            sum += grants[to]!.granted
            const seconds = (grants[to]!.at - grants[from]!.at) / 1000
            expect(sum).toBeLessThanOrEqual(size.burst + size.perSecond * seconds + 0.01)
          }
        }
      }),
    )
  })

  it('who waits retryAfterMs gets a token, who comes a moment earlier does not', () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const empty = takeTokens(size, null, START, size.burst)
        expect(empty.granted).toBe(size.burst)
        const denied = takeTokens(size, empty.fullAt, START, 1)
        if (denied.granted > 0) return
        expect(denied.retryAfterMs).toBeGreaterThan(0)
        expect(takeTokens(size, denied.fullAt, START + denied.retryAfterMs, 1).granted).toBe(1)
        const early = START + denied.retryAfterMs - Math.ceil(intervalMs(size)) - 1
        if (early > START) expect(takeTokens(size, denied.fullAt, early, 1).granted).toBe(0)
      }),
    )
  })

  it('a denial changes nothing, and an idle bucket is full', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 10_000_000 }), (size, idleMs) => {
        const empty = takeTokens(size, null, START, size.burst)
        const denied = takeTokens(size, empty.fullAt, START, 1)
        if (denied.granted === 0) expect(denied.fullAt).toBe(empty.fullAt)
        const refilled = tokensAt(size, empty.fullAt, START + idleMs)
        expect(refilled).toBeLessThanOrEqual(size.burst)
        const whole = Math.floor((size.perSecond * idleMs) / 1000)
        expect(refilled).toBeGreaterThanOrEqual(Math.min(size.burst, whole) - 1)
      }),
    )
  })

  it('a block is a twentieth of the burst and at least one token', () => {
    expect(blockOf({ perSecond: 1, burst: 5 })).toBe(1)
    expect(blockOf({ perSecond: 100, burst: 200 })).toBe(10)
  })
})
