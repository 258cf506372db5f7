import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planTimes } from './message-times.ts'

const NOW = Date.parse('2026-11-21T10:00:00.000Z')
const HOUR = 3_600_000
const iso = (ms: number) => new Date(ms).toISOString()
const problemsOf = (asked: Parameters<typeof planTimes>[0]) => {
  const plan = planTimes(asked, NOW)
  return 'problems' in plan ? plan.problems.map(({ path, message }) => `${path}: ${message}`) : []
}

describe('times of a message', () => {
  it('without any: at once, for 24 hours', () => {
    expect(planTimes({}, NOW)).toEqual({ status: 'queued', sendAt: null, notBefore: NOW, expiresAt: NOW + 24 * HOUR })
  })

  it('the default end counts from sendAt', () => {
    const sendAt = NOW + 48 * HOUR
    expect(planTimes({ sendAt: iso(sendAt) }, NOW)).toEqual({
      status: 'scheduled',
      sendAt,
      notBefore: sendAt,
      expiresAt: sendAt + 24 * HOUR,
    })
  })

  it.each([
    // The night in which clocks of Berlin and New York go back or forward: the offset says which hour is meant.
    ['2026-10-25T02:30:00+02:00', '2026-10-25T00:30:00.000Z'],
    ['2026-10-25T02:30:00+01:00', '2026-10-25T01:30:00.000Z'],
    ['2027-03-14T01:59:59-05:00', '2027-03-14T06:59:59.000Z'],
    ['2027-03-14T03:00:00-04:00', '2027-03-14T07:00:00.000Z'],
  ])('%s is one moment in every zone', (asked, moment) => {
    const now = Date.parse(moment) - 30 * 24 * HOUR
    expect(planTimes({ sendAt: asked }, now)).toMatchObject({ notBefore: Date.parse(moment) })
  })

  it('a sendAt that has just passed means at once', () => {
    expect(planTimes({ sendAt: iso(NOW - 60_000) }, NOW)).toMatchObject({ status: 'queued', notBefore: NOW })
  })

  it('says what is wrong, and where', () => {
    expect(problemsOf({ sendAt: iso(NOW - HOUR) })).toEqual(['sendAt: Is in the past: leave it out to send at once'])
    expect(problemsOf({ sendAt: iso(NOW + 91 * 24 * HOUR) })).toEqual(['sendAt: Is more than 90 days ahead'])
    expect(problemsOf({ expiresAt: iso(NOW) })).toEqual(['expiresAt: Is in the past'])
    expect(problemsOf({ sendAt: iso(NOW + HOUR), expiresAt: iso(NOW + HOUR) })).toEqual([
      'expiresAt: Must be after sendAt',
    ])
    expect(problemsOf({ expiresAt: iso(NOW + 31 * 24 * HOUR) })).toEqual([
      'expiresAt: Is more than 30 days after the message may be sent',
    ])
  })

  it('whatever is accepted leaves before it ends, and never before it was asked to', () => {
    const moment = fc.option(fc.integer({ min: NOW - 100 * 24 * HOUR, max: NOW + 200 * 24 * HOUR }), { nil: undefined })
    fc.assert(
      fc.property(moment, moment, (sendAt, expiresAt) => {
        const plan = planTimes(
          {
            sendAt: sendAt === undefined ? undefined : iso(sendAt),
            expiresAt: expiresAt === undefined ? undefined : iso(expiresAt),
          },
          NOW,
        )
        if ('problems' in plan) return
        expect(plan.notBefore).toBeGreaterThanOrEqual(Math.max(NOW, sendAt ?? 0))
        expect(plan.expiresAt).toBeGreaterThan(plan.notBefore)
        expect(plan.status === 'scheduled').toBe(plan.notBefore > NOW)
      }),
    )
  })
})
