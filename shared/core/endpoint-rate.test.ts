import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adaptRate, burstOf, FRESH_RATE, latestTat, rateOf, slotIntervalMs, slotTime } from './endpoint-rate.ts'

/** What the store does, as a model: one number per endpoint. */
const takeSlots = (rate: number, arrivals: readonly number[]) => {
  let tat = 0
  let now = 1_000_000
  const slots: number[] = []
  for (const gap of arrivals) {
    now += gap
    if (tat >= latestTat(now, rate)) continue
    tat = Math.max(tat, now) + slotIntervalMs(rate)
    slots.push(slotTime(tat, now, rate))
  }
  return slots
}

describe('rate of an endpoint', () => {
  it('no span of time holds more slots than burst + rate × span, whatever arrives', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 400 }),
        (rate, arrivals) => {
          const slots = takeSlots(rate, arrivals).sort((a, b) => a - b)
          for (let from = 0; from < slots.length; from += 7)
            for (let to = from; to < slots.length; to++) {
              const spanSeconds = (slots[to]! - slots[from]!) / 1000
              expect(to - from + 1).toBeLessThanOrEqual(burstOf(rate) + rate * spanSeconds + 1)
            }
        },
      ),
    )
  })

  it('a quiet endpoint never waits', () => {
    expect(takeSlots(1, [0, 2_000, 2_000])).toEqual([1_000_000, 1_002_000, 1_004_000])
  })

  it('halves on overload, never below one, and climbs back one step per 20 successes', () => {
    let state = adaptRate(FRESH_RATE, 'overloaded', 50)
    expect(rateOf(state, 50)).toBe(25)
    for (let i = 0; i < 20; i++) state = adaptRate(state, 'success', 50)
    expect(rateOf(state, 50)).toBe(26)
    for (let i = 0; i < 10; i++) state = adaptRate(state, 'overloaded', 50)
    expect(rateOf(state, 50)).toBe(1)
    for (let i = 0; i < 20 * 60; i++) state = adaptRate(state, 'success', 50)
    expect(state).toBe(FRESH_RATE)
    expect(adaptRate(state, 'success', 50)).toBe(state)
  })
})
