import { afterAll, beforeAll, expect, test } from 'vitest'
import { collectMetrics } from '../../shared/log/testing/collect-metrics.ts'
import { eventually } from '../fleet-reconciler/testing/eventually.ts'
import { startTestFleet, type TestFleet } from '../fleet-reconciler/testing/test-fleet.ts'

const WEEK_MS = 7 * 24 * 3_600_000
const HALF_DAY_MS = 12 * 3_600_000

let fleet: TestFleet
beforeAll(async () => {
  fleet = await startTestFleet()
})
afterAll(() => fleet.stop())

interface Report {
  readonly mode: string
  readonly launched: number
  readonly drained: string | null
  readonly moved: number
}
const tick = async (more: object = {}): Promise<Report> => {
  const { reports } = (await fleet.planner({ v: 1, kind: 'tick', ...more })) as { reports: Report[] }
  return reports.find(({ mode }) => mode === 'test')!
}

test('a planner that only watches decides nothing; one that plans launches for what waits, once', async () => {
  await fleet.makeSession()
  expect(await tick({ watchOnly: true })).toMatchObject({ launched: 0, drained: null, moved: 0 })
  expect(fleet.stepFunctions.executions()).toEqual([])
  expect(await tick()).toMatchObject({ launched: 1 })
  await eventually('ECS is asked for a task', () => fleet.tasks.length === 1)
  expect(await tick()).toMatchObject({ launched: 0 })
})

test('a worker that dies before its first beat is a failed launch, one that has beaten is not', async () => {
  const metrics = collectMetrics()
  try {
    const stillborn = await fleet.makeWorker({ status: 'STARTING', heartbeat: { counter: 0, at: 0 } })
    const grown = await fleet.makeWorker()
    for (const { id } of [stillborn, grown]) {
      await fleet.sayStopped(id)
      const isGone = async () => ((await fleet.workers.get(id))?.status ?? 'DEAD') === 'DEAD'
      await eventually('it is fenced', isGone)
    }
    await eventually('both are counted', () => metrics.sum('worker_fence_count') === 2)
    expect(metrics.sum('worker_launch_failed_count')).toBe(1)
  } finally {
    metrics.stop()
  }
})

test('a worker that has lived its week is told to hand over, when the others carry what it holds', async () => {
  for (const task of fleet.tasks) await fleet.comeUp(task)
  const old = await fleet.makeWorker({ createdAt: Date.now() - WEEK_MS - HALF_DAY_MS })
  const session = await fleet.makeSession()
  await fleet.hint({ v: 1, kind: 'session', ...session.ref })
  await eventually('nobody waits', async () => (await session.leases.get(session.id))?.owner !== null)
  const isDrained = async () => (await tick()).drained === old.id
  await eventually('the old one is drained', isDrained)
  expect((await fleet.workers.get(old.id))?.status).toBe('DRAINING')
})
