import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admitAttempt, type BreakerState, DISABLE_AFTER_MS, FRESH_BREAKER, recordAttempt } from './endpoint-breaker.ts'

const HOUR_MS = 3_600_000
const fail = (state: BreakerState, times: number, now: number) => {
  const signals: string[] = []
  let at = state
  for (let i = 0; i < times; i++) {
    const step = recordAttempt(at, false, now)
    at = step.after
    signals.push(...step.signals)
  }
  return { state: at, signals }
}

describe('breaker of an endpoint', () => {
  it('opens at ten failures in a row, not before', () => {
    expect(fail(FRESH_BREAKER, 9, 0).state.state).toBe('closed')
    expect(fail(FRESH_BREAKER, 10, 0)).toMatchObject({
      state: { state: 'open', probeAt: 30_000 },
      signals: ['opened', 'warn'],
    })
  })

  it('opens when half of twenty attempts within five minutes fail', () => {
    let state = FRESH_BREAKER
    for (let i = 0; i < 21; i++) state = recordAttempt(state, i % 2 === 1, i * 1000).after
    expect(state.state).toBe('open')
  })

  it('successes of a healthy endpoint change nothing: no write', () => {
    expect(recordAttempt(FRESH_BREAKER, true, 5).after).toBe(FRESH_BREAKER)
  })

  it('one probe at a time; its interval doubles to ten minutes; three successes close it', () => {
    let { state } = fail(FRESH_BREAKER, 10, 0)
    expect(admitAttempt(state, 29_999)).toEqual({ kind: 'hold', probeAt: 30_000 })
    const probe = admitAttempt(state, 30_000)
    if (probe.kind !== 'probe') throw new Error('a probe is due')
    expect(admitAttempt(probe.after, 30_001).kind).toBe('hold')
    const intervals: number[] = []
    state = probe.after
    for (let i = 0; i < 6; i++) {
      state = recordAttempt(state, false, 100_000).after
      intervals.push((state.probeAt! - 100_000) / 1000)
    }
    expect(intervals).toEqual([60, 120, 240, 480, 600, 600])
    const outcomes = [1, 2, 3].map(() => {
      const step = recordAttempt(state, true, 200_000)
      state = step.after
      return step.signals
    })
    expect(outcomes).toEqual([[], [], ['closed']])
    expect(state).toBe(FRESH_BREAKER)
  })

  it('warns at open, 1 h, 24 h, 72 h, once each, and disables after five days of failure', () => {
    let state = fail(FRESH_BREAKER, 10, 0).state
    const said: [number, string[]][] = []
    for (let hour = 0; hour <= 121; hour++) {
      const step = recordAttempt(state, false, hour * HOUR_MS)
      state = step.after
      if (step.signals.length) said.push([hour, step.signals])
    }
    expect(said.slice(0, 3)).toEqual([
      [1, ['warn']],
      [24, ['warn']],
      [72, ['warn']],
    ])
    expect(said[3]).toEqual([DISABLE_AFTER_MS / HOUR_MS, ['disable']])
  })

  it('model: while open at most one attempt is admitted per probe time; a success ends every memory of failure', () => {
    const step = fc.record({ gapMs: fc.integer({ min: 0, max: 200_000 }), ok: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let state: BreakerState = FRESH_BREAKER
        let now = 0
        for (const { gapMs, ok } of steps) {
          now += gapMs
          const admitted = admitAttempt(state, now)
          if (state.state === 'open' && admitted.kind !== 'hold') expect(now).toBeGreaterThanOrEqual(state.probeAt!)
          if (admitted.kind === 'hold') continue
          if (admitted.kind === 'probe') {
            expect(admitAttempt(admitted.after, now).kind).toBe('hold')
            state = admitted.after
          }
          state = recordAttempt(state, ok, now).after
          if (state.state === 'open') expect(state.probeAt).not.toBeNull()
          if (state.state === 'closed' && ok) expect(state.failingSince).toBeNull()
        }
      }),
    )
  })
})
