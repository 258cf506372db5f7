import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WorkerView } from './placement.ts'
import { chooseFences, fenceAllowance, NO_SIGHTINGS, observe, SILENCE_MS, STARTING_LIMIT_MS } from './reaper.ts'

const worker = (patch: Partial<WorkerView> = {}): WorkerView => ({
  id: 'wrk_A',
  mode: 'test',
  incarnation: 1,
  status: 'READY',
  used: 0,
  capacity: 10,
  version: '1',
  queueUrl: 'http://queue',
  heartbeat: { counter: 1 },
  createdAt: 0,
  ...patch,
})

describe('observe', () => {
  test('a worker is silent only when the observer itself saw one value for 30 s, and never before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ wait: fc.integer({ min: 1, max: 20_000 }), beats: fc.boolean() }), { maxLength: 30 }),
        (rounds) => {
          let sightings = NO_SIGHTINGS
          let now = 0
          let counter = 0
          let changedAt = 0
          for (const [index, { wait, beats }] of rounds.entries()) {
            now += wait
            if (beats || index === 0) {
              counter += 1
              changedAt = now
            }
            const seen = observe(sightings, [worker({ heartbeat: { counter } })], now, 0)
            sightings = seen.sightings
            expect(seen.silent.length === 1).toBe(now - changedAt >= SILENCE_MS)
          }
        },
      ),
    )
  })

  test('a new incarnation starts its own silence', () => {
    const first = observe(NO_SIGHTINGS, [worker()], 0, 0)
    expect(observe(first.sightings, [worker({ incarnation: 2 })], SILENCE_MS, 0).silent).toEqual([])
    expect(observe(first.sightings, [worker()], SILENCE_MS, 0).silent).toHaveLength(1)
  })

  test('dead and drained workers are left alone; a starting one is given ten minutes', () => {
    for (const status of ['DEAD', 'DRAINED'] as const) {
      const first = observe(NO_SIGHTINGS, [worker({ status })], 0, 0)
      expect(observe(first.sightings, [worker({ status })], SILENCE_MS * 2, 0).silent).toEqual([])
    }
    const starting = worker({ status: 'STARTING' })
    expect(observe(NO_SIGHTINGS, [starting], SILENCE_MS * 9, STARTING_LIMIT_MS).silent).toEqual([])
    expect(observe(NO_SIGHTINGS, [starting], 0, STARTING_LIMIT_MS + 1).silent).toHaveLength(1)
  })
})

describe('chooseFences', () => {
  test('one tick never fences more than max(2, 10 %) in all its rounds, and says when it left some', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 6 }), fc.nat({ max: 400 }), (rounds, fleetSize) => {
        let fenced = 0
        for (const silent of rounds) {
          const chosen = chooseFences(Array.from({ length: silent }), { fleetSize, alreadyFenced: fenced })
          fenced += chosen.fence.length
          expect(chosen.capped).toBe(chosen.fence.length < silent)
        }
        expect(fenced).toBeLessThanOrEqual(fenceAllowance(fleetSize))
      }),
    )
    expect(fenceAllowance(3)).toBe(2)
    expect(fenceAllowance(100)).toBe(10)
  })
})
