import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chooseMovable, MOVES_AT_ONCE, MOVES_PER_WORKER, planMoves, SETTLE_MS } from './fleet-balance.ts'
import { roomOf } from './fleet-load.ts'
import { makeWorker } from './testing/make-worker.ts'

test('a worker far above the mean gives down to it; an empty spare beside even workers moves nobody', () => {
  const even = ['a', 'b', 'c', 'd'].map((id) => makeWorker({ id, used: 60 }))
  expect(planMoves({ mode: 'live', fleet: [...even, makeWorker({ id: 'spare', used: 0 })], waiting: 0 })).toEqual([])
  expect(planMoves({ mode: 'live', fleet: [...even, makeWorker({ id: 'full', used: 98 })], waiting: 0 })).toEqual([
    { workerId: 'full', count: MOVES_PER_WORKER },
  ])
})

test('a worker with a slow event loop gives a tenth away, whatever the others hold', () => {
  const fleet = [makeWorker({ id: 'slow', used: 40, loopLagMs: 300 }), makeWorker({ id: 'b' })]
  expect(planMoves({ mode: 'live', fleet, waiting: 0 })).toEqual([{ workerId: 'slow', count: 4 }])
})

test('nothing moves while something waits, starts or drains', () => {
  const fleet = [makeWorker({ id: 'a', used: 100 }), makeWorker({ id: 'b', used: 0 }), makeWorker({ id: 'c', used: 0 })]
  expect(planMoves({ mode: 'live', fleet, waiting: 1 })).toEqual([])
  expect(
    planMoves({ mode: 'live', fleet: [...fleet, makeWorker({ id: 'd', status: 'STARTING' })], waiting: 0 }),
  ).toEqual([])
  expect(planMoves({ mode: 'test', fleet, waiting: 0 })).toEqual([])
})

test('moves stay within their bounds and within the room of the others', () => {
  const fleets = fc.array(fc.record({ used: fc.nat(100), loopLagMs: fc.nat(300) }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(fleets, (loads) => {
      const fleet = loads.map((load, index) => makeWorker({ id: `w${index}`, ...load }))
      const gives = planMoves({ mode: 'live', fleet, waiting: 0 })
      const moved = gives.reduce((sum, { count }) => sum + count, 0)
      expect(moved).toBeLessThanOrEqual(MOVES_AT_ONCE)
      expect(moved).toBeLessThanOrEqual(fleet.reduce((sum, worker) => sum + roomOf(worker), 0))
      for (const { count } of gives) expect(count).toBeLessThanOrEqual(MOVES_PER_WORKER)
    }),
  )
})

test('a session that is young, not connected or in the middle of a message stays', () => {
  const now = SETTLE_MS * 3
  const session = (sessionId: string, connectedAt: number | null, inFlight = 0) => ({
    sessionId,
    connectedAt,
    inFlight,
  })
  const sessions = [
    session('young', now - 1000),
    session('off', null),
    session('busy', 0, 1),
    session('b', 5),
    session('a', 1),
  ]
  expect(chooseMovable(sessions, 5, now).map(({ sessionId }) => sessionId)).toEqual(['a', 'b'])
})
