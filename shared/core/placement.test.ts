import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allocationName,
  chooseCandidates,
  decideLaunch,
  decideNeed,
  freeSlots,
  type LeaseView,
  QUARANTINE_CRASHES,
  type WorkerView,
  workerIdOfLaunch,
} from './placement.ts'

const NOW = 1_800_000_000_000
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
  createdAt: NOW,
  ...patch,
})
const lease = (patch: Partial<LeaseView> = {}): LeaseView => ({
  owner: null,
  desired: 'RUNNING',
  settled: true,
  crashes: 0,
  ...patch,
})
const anyWorker: fc.Arbitrary<WorkerView> = fc
  .record({
    id: fc.nat({ max: 50 }).map((n) => `wrk_${n}`),
    mode: fc.constantFrom('live' as const, 'test' as const),
    status: fc.constantFrom(
      'STARTING' as const,
      'READY' as const,
      'DRAINING' as const,
      'DRAINED' as const,
      'DEAD' as const,
    ),
    capacity: fc.integer({ min: 1, max: 20 }),
    used: fc.nat({ max: 25 }),
    version: fc.constantFrom('1', '2'),
    queueUrl: fc.option(fc.constant('http://queue'), { nil: null }),
    counter: fc.nat({ max: 3 }),
    age: fc.nat({ max: 1_200_000 }),
  })
  .map(({ counter, age, ...rest }) => worker({ ...rest, heartbeat: { counter }, createdAt: NOW - age }))
const fleet = fc.uniqueArray(anyWorker, { selector: (item) => item.id, maxLength: 12 })
const random = fc.infiniteStream(fc.double({ min: 0, max: 0.999_999, noNaN: true }))
const draw = (stream: Iterable<number>) => {
  const iterator = stream[Symbol.iterator]()
  return () => iterator.next().value as number
}

describe('chooseCandidates', () => {
  test('only READY workers of the mode with a queue and room are tried, each once', () => {
    fc.assert(
      fc.property(fleet, random, (workers, stream) => {
        const chosen = chooseCandidates(workers, { mode: 'test', version: '2', random: draw(stream) })
        const fit = workers.filter(
          (w) => w.mode === 'test' && w.status === 'READY' && w.queueUrl && w.used < w.capacity,
        )
        expect(new Set(chosen)).toEqual(new Set(fit))
        expect(chosen.length).toBe(fit.length)
        expect(freeSlots(workers, 'test') > 0).toBe(fit.length > 0)
      }),
    )
  })

  test('an old version serves when no new one has room', () => {
    const chosen = chooseCandidates([worker({ version: 'old' })], { mode: 'test', version: 'new', random: () => 0 })
    expect(chosen).toHaveLength(1)
  })

  test('a version that cannot read the log is never tried, even if it is the wanted one or the only one', () => {
    const workers = [worker({ id: 'wrk_1', version: '1' }), worker({ id: 'wrk_2', version: '2', used: 3 })]
    const choose = (refused: string[]) =>
      chooseCandidates(workers, { mode: 'test', version: '1', refused, random: () => 0 }).map(({ id }) => id)
    expect(choose(['1'])).toEqual(['wrk_2'])
    expect(choose(['1', '2'])).toEqual([])
    expect(choose([])).toEqual(['wrk_1', 'wrk_2'])
  })

  test('the fittest few share the first place, the fourth never has it', () => {
    const workers = [0, 1, 2, 9].map((used, index) => worker({ id: `wrk_${index}`, used }))
    const firsts = new Set<string>()
    for (let step = 0; step < 100; step++) {
      let calls = 0
      const chosen = chooseCandidates(workers, {
        mode: 'test',
        version: null,
        random: () => (calls++ === 0 ? step / 100 : ((step * 7) % 100) / 100),
      })
      firsts.add(chosen[0]!.id)
    }
    expect([...firsts].sort()).toEqual(['wrk_0', 'wrk_1', 'wrk_2'])
  })
})

describe('decideNeed', () => {
  const owner = { workerId: 'wrk_A', incarnation: 1 }

  test('a session is never taken from a worker that may still write', () => {
    for (const status of ['STARTING', 'READY', 'DRAINING'] as const)
      expect(decideNeed(lease({ owner, settled: false }), worker({ status }))).toBe('owned')
  })

  test('a dead, drained, reborn or vanished owner frees its sessions', () => {
    expect(decideNeed(lease({ owner, settled: false }), worker({ status: 'DEAD' }))).toBe('allocate')
    expect(decideNeed(lease({ owner, settled: false }), worker({ status: 'DRAINED' }))).toBe('allocate')
    expect(decideNeed(lease({ owner, settled: false }), worker({ incarnation: 2 }))).toBe('allocate')
    expect(decideNeed(lease({ owner, settled: false }), null)).toBe('allocate')
  })

  test('an unsettled session is opened whatever is desired; a settled one only to run', () => {
    for (const desired of ['STOPPED', 'LOGGED_OUT', 'DELETED'] as const) {
      expect(decideNeed(lease({ desired, settled: false }), null)).toBe('allocate')
      expect(decideNeed(lease({ desired, settled: true }), null)).toBe('none')
    }
    expect(decideNeed(lease({ desired: 'RUNNING' }), null)).toBe('allocate')
    expect(decideNeed(null, null)).toBe('none')
  })

  test('a session that brought five workers down is set aside', () => {
    expect(decideNeed(lease({ crashes: QUARANTINE_CRASHES - 1 }), null)).toBe('allocate')
    expect(decideNeed(lease({ crashes: QUARANTINE_CRASHES }), null)).toBe('quarantine')
  })
})

describe('decideLaunch', () => {
  test('callers who see the same fleet in the same minute choose the same name, whatever the order of rows', () => {
    fc.assert(
      fc.property(fleet, (workers) => {
        expect(decideLaunch(workers, 'test', NOW)).toEqual(decideLaunch(workers.toReversed(), 'test', NOW))
      }),
    )
  })

  test('while a worker starts, nobody launches another one', () => {
    expect(decideLaunch([worker({ status: 'STARTING' })], 'test', NOW)).toEqual({ launch: false, because: 'starting' })
    expect(decideLaunch([worker({ status: 'STARTING' })], 'live', NOW).launch).toBe(true)
  })

  test('a worker that died gives the next launch a new name within the same minute', () => {
    const first = decideLaunch([], 'test', NOW)
    const second = decideLaunch([worker({ status: 'DEAD' })], 'test', NOW)
    expect(first.launch && second.launch && first.name !== second.name).toBe(true)
  })

  test('workers that die before their first beat are launched ever more slowly, at the slowest once a minute', () => {
    const failed = (count: number) =>
      Array.from({ length: count }, (_, n) => worker({ id: `wrk_${n}`, status: 'DEAD', heartbeat: { counter: 0 } }))
    expect(decideLaunch(failed(1), 'test', NOW + 1).launch).toBe(true)
    expect(decideLaunch(failed(2), 'test', NOW + 1_999)).toEqual({ launch: false, because: 'backingOff' })
    expect(decideLaunch(failed(2), 'test', NOW + 2_000).launch).toBe(true)
    expect(decideLaunch(failed(4), 'test', NOW + 7_999).launch).toBe(false)
    expect(decideLaunch(failed(30), 'test', NOW + 60_000).launch).toBe(true)
  })

  test('names fit into Step Functions: 80 characters of the allowed set', () => {
    const launch = decideLaunch([], 'live', NOW)
    for (const name of [launch.launch ? launch.name : '', allocationName(`ses_${'0'.repeat(26)}`, 10 ** 9, 10 ** 6)])
      expect(name).toMatch(/^[A-Za-z0-9_-]{1,80}$/)
    expect(workerIdOfLaunch('x')).toMatch(/^wrk_[0-9A-Z]{26}$/)
  })
})
