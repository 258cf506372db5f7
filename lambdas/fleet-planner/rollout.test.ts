import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../shared/core/ids.ts'
import { rolloutKey } from '../../shared/store/keys.ts'
import { Rollouts } from '../../shared/store/rollouts.ts'
import { eventually } from '../fleet-reconciler/testing/eventually.ts'
import { startTestFleet, type TestFleet } from '../fleet-reconciler/testing/test-fleet.ts'

let fleet: TestFleet
beforeAll(async () => {
  fleet = await startTestFleet()
})
afterAll(() => fleet.stop())

const startRollout = async (version: string) => {
  const id = newId('rol')
  const row = { v: 1 as const, id, mode: 'test' as const, version, waveSize: 1, status: 'running' as const }
  const isStarted = await new Rollouts(fleet.tables).start({
    ...row,
    because: 'started',
    startedAt: Date.now(),
    endedAt: null,
  })
  return { id, isStarted }
}
const rollout = () => new Rollouts(fleet.tables).get('test')

/** What the process of a draining worker does: releases each session with a hint, then reports its end. */
const drainAsTaskDoes = async (workerId: string) => {
  for (const row of await fleet.workers.readAssigned(workerId, 1)) {
    const session = sessions.find(({ id }) => id === row.sessionId)!
    await session.leases.release(
      { sessionId: row.sessionId, epoch: row.epoch, owner: { workerId, incarnation: 1 } },
      true,
    )
    await fleet.hint({ v: 1, kind: 'session', ...session.ref })
  }
  await fleet.workers.setStatus(workerId, 1, 'DRAINED')
  await fleet.hint({ v: 1, kind: 'workerGone', workerId, incarnation: 1 })
}
const sessions: Awaited<ReturnType<TestFleet['makeSession']>>[] = []
const ownersOf = async () =>
  Promise.all(sessions.map(async ({ id, leases }) => (await leases.get(id))?.owner?.workerId ?? null))

test('a rollout launches room first, drains one wave after the other, and every session ends on the new version', async () => {
  const old = [await fleet.makeWorker({ version: '0' }), await fleet.makeWorker({ version: '0' })]
  for (let count = 0; count < 4; count++) sessions.push(await fleet.makeSession())
  for (const { ref } of sessions) await fleet.hint({ v: 1, kind: 'session', ...ref })
  await eventually('everybody has an owner', async () => (await ownersOf()).every(Boolean))
  const { id, isStarted } = await startRollout('1')
  expect(isStarted).toBe(true)
  expect((await startRollout('1')).isStarted).toBe(false)
  const started = fleet.tasks.length
  fleet.startRolloutMachine({ v: 1, mode: 'test', rolloutId: id, generation: 0 })
  for (let wave = 0; wave < 2; wave++) {
    await eventually(
      'room is launched, or a wave begins',
      async () =>
        fleet.tasks.length > started + wave ||
        (await Promise.all(old.map((row) => fleet.workers.get(row.id)))).some((row) => row?.status === 'DRAINING'),
      30_000,
    )
    for (const task of fleet.tasks.slice(started))
      if ((await fleet.workers.get(task.workerId))?.status === 'STARTING') await fleet.comeUp(task)
    await eventually(
      'one old worker drains',
      async () =>
        (await Promise.all(old.map((row) => fleet.workers.get(row.id)))).some((row) => row?.status === 'DRAINING'),
      30_000,
    )
    const rows = await Promise.all(old.map((row) => fleet.workers.get(row.id)))
    const draining = rows.filter((row) => row?.status === 'DRAINING')
    expect(draining).toHaveLength(1)
    await drainAsTaskDoes(draining[0]!.id)
    await eventually('its sessions have owners', async () => (await ownersOf()).every(Boolean))
  }
  await eventually('the rollout has ended', async () => (await rollout())?.status === 'done', 30_000)
  const owners = new Set(await ownersOf())
  for (const row of old) expect(owners).not.toContain(row.id)
}, 120_000)

test('an abort ends the rollout without draining anybody else', async () => {
  await fleet.makeWorker({ version: '0', used: 0 })
  const { id } = await startRollout('2')
  expect(await new Rollouts(fleet.tables).abort('test', id)).toBe(true)
  fleet.startRolloutMachine({ v: 1, mode: 'test', rolloutId: id, generation: 0 })
  await eventually('it has ended', async () => (await rollout())?.status === 'aborted', 30_000)
  expect((await fleet.workers.list('test')).filter(({ status }) => status === 'DRAINING')).toEqual([])
  expect(await new Rollouts(fleet.tables).abort('test', id)).toBe(false)
})

const because = async () => (await rollout())?.because
const draining = async () => (await fleet.workers.list('test')).filter(({ status }) => status === 'DRAINING')

test('while an alarm rings, or cannot be read, nobody is drained; it goes on when all is calm', async () => {
  await fleet.makeWorker({ version: '0' })
  fleet.alarms.ringing = ['cell-session-crashes', 'cell-of-somebody-else']
  const { id } = await startRollout('3')
  fleet.startRolloutMachine({ v: 1, mode: 'test', rolloutId: id, generation: 0 })
  await eventually('it waits', async () => (await because()) === 'waiting: alarm: cell-session-crashes', 30_000)
  expect((await rollout())?.alarmingSince).toBeGreaterThan(Date.now() - 60_000)
  fleet.alarms.unreadable = true
  await eventually('it waits blindly', async () => (await because()) === 'waiting: alarms cannot be read', 30_000)
  expect(await draining()).toEqual([])
  fleet.alarms.unreadable = false
  fleet.alarms.ringing = []
  await eventually('it goes on', async () => !(await because())?.includes('alarm'), 30_000)
  expect((await rollout())?.alarmingSince).toBeNull()
  await new Rollouts(fleet.tables).abort('test', id)
  await eventually('it has ended', async () => (await rollout())?.status === 'aborted', 30_000)
}, 120_000)

test('a rollout whose machine was stopped gets a new one at the tick; one that is looked after does not', async () => {
  const { id } = await startRollout('4')
  const rollouts = new Rollouts(fleet.tables)
  const tick = async () => {
    const { reports } = (await fleet.planner!({ v: 1, kind: 'tick' })) as { reports: { rolloutMachine: string }[] }
    return reports.map(({ rolloutMachine }) => rolloutMachine)
  }
  expect(await tick()).toEqual(['none', 'looks'])
  await rollouts.abort('test', id)
  // An abort that nobody looks at stays half-finished: the tick of three minutes later sees to it.
  await fleet.tables.core.update(rolloutKey('test'), {
    expression: 'SET #lookedAt = :long',
    values: { ':long': Date.now() - 200_000 },
  })
  expect(await tick()).toEqual(['none', 'revived'])
  await eventually('it has ended', async () => (await rollout())?.status === 'aborted', 30_000)
}, 120_000)
