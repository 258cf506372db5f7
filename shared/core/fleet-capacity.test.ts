import { expect, test } from 'vitest'
import { type CapacityInput, lifeOf, planCapacity, SCALE_IN_AFTER_MS, WORKER_LIFE_MS } from './fleet-capacity.ts'
import { makeWorker } from './testing/make-worker.ts'

const plan = (patch: Partial<CapacityInput>) =>
  planCapacity({
    mode: 'live',
    fleet: [],
    waiting: 0,
    now: 0,
    spareSince: null,
    workerCapacity: 100,
    minimumWorkers: 0,
    ...patch,
  })
const HOUR = 3_600_000

test('a worker is kept warm beside what is used; nothing is launched for a mode that nobody uses', () => {
  expect(plan({ fleet: [makeWorker({ id: 'a', used: 10 })] }).launch).toBe(1)
  expect(plan({ fleet: [makeWorker({ id: 'a', used: 10 }), makeWorker({ id: 'b', used: 0 })] }).launch).toBe(0)
  expect(plan({}).launch).toBe(0)
})

test('what waits is launched for, with room to spare, and a launch under way counts', () => {
  expect(plan({ waiting: 250 }).launch).toBe(4)
  expect(
    plan({ waiting: 250, fleet: ['a', 'b', 'c', 'd'].map((id) => makeWorker({ id, status: 'STARTING', used: 0 })) })
      .launch,
  ).toBe(0)
})

test('the emptiest goes when the rest has been enough for 15 minutes, not before and not while anything is under way', () => {
  const fleet = [
    makeWorker({ id: 'a' }),
    makeWorker({ id: 'b', used: 5 }),
    makeWorker({ id: 'c', used: 0 }),
    makeWorker({ id: 'd', used: 1 }),
  ]
  const first = plan({ fleet, now: HOUR })
  expect(first).toEqual({ launch: 0, drain: null, spareSince: HOUR })
  expect(plan({ fleet, now: HOUR + SCALE_IN_AFTER_MS - 1, spareSince: HOUR }).drain).toBeNull()
  const due = { now: HOUR + SCALE_IN_AFTER_MS, spareSince: HOUR }
  expect(plan({ fleet, ...due }).drain).toMatchObject({ worker: { id: 'c' }, because: 'scaleIn' })
  expect(plan({ fleet, ...due, waiting: 1 }).drain).toBeNull()
  expect(plan({ fleet: [...fleet, makeWorker({ id: 'e', status: 'DRAINING', used: 1 })], ...due }).drain).toBeNull()
})

test('nothing is scaled in when the others would be more than 80 percent full', () => {
  const fleet = [makeWorker({ id: 'a', used: 90 }), makeWorker({ id: 'b', used: 90 }), makeWorker({ id: 'c', used: 0 })]
  expect(plan({ fleet, now: HOUR })).toMatchObject({ drain: null, spareSince: null })
})

test('a worker is recycled after a week, give or take half a day, once its sessions have room elsewhere', () => {
  const old = makeWorker({ id: 'old', createdAt: 0 })
  const now = WORKER_LIFE_MS + 13 * HOUR
  const young = makeWorker({ id: 'young', used: 0, createdAt: now - HOUR })
  const third = makeWorker({ id: 'third', used: 50, createdAt: now - HOUR })
  expect(plan({ fleet: [old, young, third], now }).drain).toMatchObject({ worker: { id: 'old' }, because: 'age' })
  expect(plan({ fleet: [old, young, third], now: WORKER_LIFE_MS - 13 * HOUR }).drain).toBeNull()
  for (const id of ['a', 'b', 'c', 'wrk_01'])
    expect(Math.abs(lifeOf(id) - WORKER_LIFE_MS)).toBeLessThanOrEqual(12 * HOUR)
  expect(new Set(Array.from({ length: 50 }, (_, index) => lifeOf(`wrk_${index}`))).size).toBeGreaterThan(40)
})
