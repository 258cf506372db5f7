import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextAttempt, parseRetryAfter, RETRY_SCHEDULE_SECONDS } from './retry-schedule.ts'

const failed = { httpStatus: 500, timedOut: false, retryAfterSeconds: null }
const unit = fc.double({ min: 0, max: 0.999, noNaN: true })

describe('webhook retry schedule', () => {
  it('covers about three days and then ends', () => {
    const hours = RETRY_SCHEDULE_SECONDS.reduce((sum: number, seconds) => sum + seconds, 0) / 3600
    expect(hours).toBeGreaterThan(70)
    expect(hours).toBeLessThan(73)
    expect(nextAttempt({ ...failed, attempts: RETRY_SCHEDULE_SECONDS.length }, 0.5)).toEqual({ kind: 'exhausted' })
  })

  it('a short policy gives up after five attempts, none after the first', () => {
    expect(nextAttempt({ ...failed, attempts: 4, policy: 'short' }, 0.5).kind).toBe('retry')
    expect(nextAttempt({ ...failed, attempts: 5, policy: 'short' }, 0.5).kind).toBe('exhausted')
    expect(nextAttempt({ ...failed, attempts: 1, policy: 'none' }, 0.5).kind).toBe('exhausted')
  })

  it('each delay stays within ±20 % of its step', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 11 }), unit, (attempts, random) => {
        const next = nextAttempt({ ...failed, attempts }, random)
        const step: number = RETRY_SCHEDULE_SECONDS[attempts]!
        expect(next.kind === 'retry' && next.delaySeconds).toBeGreaterThanOrEqual(Math.floor(step * 0.8))
        expect(next.kind === 'retry' && next.delaySeconds).toBeLessThanOrEqual(Math.ceil(step * 1.2))
      }),
    )
  })

  it('an overloaded receiver gets at least a minute', () => {
    for (const overload of [{ httpStatus: 429 }, { httpStatus: 503 }, { httpStatus: null, timedOut: true }]) {
      const next = nextAttempt({ ...failed, ...overload, attempts: 1 }, 0)
      expect(next).toEqual({ kind: 'retry', delaySeconds: 60 })
    }
  })

  it('retry-after counts, within [delay, 2 × delay]', () => {
    const at = (retryAfterSeconds: number) =>
      nextAttempt({ ...failed, httpStatus: 429, attempts: 1, retryAfterSeconds }, 0)
    expect(at(90)).toEqual({ kind: 'retry', delaySeconds: 90 })
    expect(at(5)).toEqual({ kind: 'retry', delaySeconds: 60 })
    expect(at(999_999)).toEqual({ kind: 'retry', delaySeconds: 120 })
  })

  it('retry-after is read as seconds or date, and ignored when odd', () => {
    const now = Date.parse('2026-11-21T00:00:00Z')
    expect(parseRetryAfter('120', now)).toBe(120)
    expect(parseRetryAfter('Sat, 21 Nov 2026 00:01:30 GMT', now)).toBe(90)
    for (const odd of ['soon', '-5', '', null, 'Fri, 20 Nov 2026 00:00:00 GMT'])
      expect(parseRetryAfter(odd, now)).toBeNull()
  })
})
