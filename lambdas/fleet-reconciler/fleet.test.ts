import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeSFNClient, SendTaskFailureCommand, SendTaskSuccessCommand } from '../../shared/aws/step-functions.ts'
import { QUARANTINE_CRASHES } from '../../shared/core/placement.ts'
import { leaseKey } from '../../shared/store/keys.ts'
import { reconcileMode } from './operations/reconcile-mode.ts'
import { watchHeartbeats } from './operations/watch-heartbeats.ts'
import { eventually } from './testing/eventually.ts'
import { startTestFleet, type TestFleet } from './testing/test-fleet.ts'

let fleet: TestFleet
beforeEach(async () => {
  fleet = await startTestFleet()
})
afterEach(async () => {
  await fleet.stop()
})

type Session = Awaited<ReturnType<TestFleet['makeSession']>>
const hintFor = (session: Session) => fleet.hint({ v: 1, kind: 'session', ...session.ref })
const ownerOf = async (session: Session) => (await session.leases.get(session.id))?.owner?.workerId ?? null
const owned = (session: Session, workerId: string) =>
  eventually(`${session.id} belongs to ${workerId}`, async () => (await ownerOf(session)) === workerId)
const launches = () => fleet.stepFunctions.executions().filter(({ name }) => name.startsWith('launch-'))

describe('allocation', () => {
  test('a hint gives the session to a READY worker and rings it', async () => {
    const worker = await fleet.makeWorker()
    const session = await fleet.makeSession()
    await hintFor(session)
    expect(await fleet.receiveOne(worker.queueUrl!)).toMatchObject({
      v: 1,
      kind: 'assigned',
      sessionId: session.id,
      tenantId: session.scope.tenantId,
      epoch: 1,
    })
    expect(await session.leases.get(session.id)).toMatchObject({ owner: { workerId: worker.id }, epoch: 1 })
    expect((await fleet.workers.get(worker.id))?.used).toBe(1)
  })

  test('without a worker one is launched for all who wait; when it is READY they get it, under a new execution name', async () => {
    const sessions = await Promise.all([fleet.makeSession(), fleet.makeSession(), fleet.makeSession()])
    await Promise.all(sessions.map(hintFor))
    await eventually('a task is launched', () => fleet.tasks.length > 0)
    await eventually('all allocations have ended', () => {
      const allocations = fleet.stepFunctions.executions().filter(({ name }) => name.startsWith('alloc-'))
      return allocations.length >= sessions.length && allocations.every(({ status }) => status !== 'RUNNING')
    })
    expect(launches()).toHaveLength(1)
    expect(fleet.tasks).toHaveLength(1)
    const worker = await fleet.comeUp(fleet.tasks[0]!)
    for (const session of sessions) await owned(session, worker.id)
    // "Already exists" never meant handled: the names of the first executions were burnt.
    for (const session of sessions) expect((await session.leases.get(session.id))?.attempt).toBeGreaterThan(0)
    expect(fleet.failures).toEqual([])
  })

  test('a worker of the other mode is never chosen', async () => {
    await fleet.makeWorker({ mode: 'live' })
    const session = await fleet.makeSession('test')
    await hintFor(session)
    await eventually('a test worker is launched', () => fleet.tasks.length === 1)
    expect(fleet.tasks[0]!.mode).toBe('test')
    expect(await ownerOf(session)).toBe(null)
  })

  test('a full fleet gets one more worker and nobody is given twice', async () => {
    const first = await fleet.makeWorker({ capacity: 1 })
    const sessions = await Promise.all([fleet.makeSession(), fleet.makeSession()])
    await Promise.all(sessions.map(hintFor))
    await eventually('one more worker is launched', () => fleet.tasks.length === 1)
    expect((await Promise.all(sessions.map(ownerOf))).filter((owner) => owner === first.id)).toHaveLength(1)
    const second = await fleet.comeUp(fleet.tasks[0]!)
    await eventually('both have an owner', async () => !(await Promise.all(sessions.map(ownerOf))).includes(null))
    expect((await Promise.all(sessions.map(ownerOf))).sort()).toEqual([first.id, second.id].sort())
  })
})

describe('a worker is gone', () => {
  test('its task stopped: fenced at once, its sessions move on with a higher epoch, row and queue go', async () => {
    const dying = await fleet.makeWorker()
    const session = await fleet.makeSession()
    await hintFor(session)
    await owned(session, dying.id)
    const heir = await fleet.makeWorker()
    const started = performance.now()
    await fleet.sayStopped(dying.id)
    await owned(session, heir.id)
    expect(performance.now() - started).toBeLessThan(2_000)
    expect((await session.leases.get(session.id))?.epoch).toBe(2)
    const clock = { monotonic: 0 }
    await reconcileMode(
      fleet.makeContext(clock, async () => {}),
      'test',
    )
    expect(await fleet.workers.get(dying.id)).toBe(null)
    await expect(fleet.receiveOne(dying.queueUrl!)).rejects.toThrow()
  })

  test('its row stays while it still holds a session that nobody can take', async () => {
    const dying = await fleet.makeWorker()
    const session = await fleet.makeSession()
    await hintFor(session)
    await owned(session, dying.id)
    await fleet.sayStopped(dying.id)
    await eventually('a replacement is launched', () => fleet.tasks.length === 1)
    expect((await fleet.workers.get(dying.id))?.status).toBe('DEAD')
    const heir = await fleet.comeUp(fleet.tasks[0]!)
    await owned(session, heir.id)
    await reconcileMode(
      fleet.makeContext({ monotonic: 0 }, async () => {}),
      'test',
    )
    expect(await fleet.workers.get(dying.id)).toBe(null)
  })

  test('supervision that ends badly stops the task and fences its worker', async () => {
    const session = await fleet.makeSession()
    await hintFor(session)
    await eventually('a task is launched', () => fleet.tasks.length === 1)
    const task = fleet.tasks[0]!
    await fleet.comeUp(task)
    await owned(session, task.workerId)
    const sfn = makeSFNClient()
    await sfn.send(new SendTaskFailureCommand({ taskToken: task.token, error: 'Crash', cause: 'test' }))
    await eventually('the worker is fenced', async () => (await fleet.workers.get(task.workerId))?.status === 'DEAD')
    expect(fleet.stoppedTasks).toEqual([`task/${task.workerId}`])
    await eventually('a replacement is launched', () => fleet.tasks.length === 2)
    sfn.destroy()
  })

  test('a worker that drained and said so leaves no row and no queue behind', async () => {
    const session = await fleet.makeSession()
    await hintFor(session)
    await eventually('a task is launched', () => fleet.tasks.length === 1)
    const task = fleet.tasks[0]!
    const worker = await fleet.comeUp(task)
    await owned(session, task.workerId)
    await session.leases.setDesired(session.id, 'STOPPED')
    const lease = (await session.leases.get(session.id))!
    await session.leases.release({ ...lease, owner: lease.owner! }, true)
    await fleet.workers.setStatus(task.workerId, 1, 'DRAINED')
    const sfn = makeSFNClient()
    await sfn.send(new SendTaskSuccessCommand({ taskToken: task.token, output: '{"reason":"drained"}' }))
    await eventually('the row is gone', async () => (await fleet.workers.get(task.workerId)) === null)
    await expect(fleet.receiveOne(worker.queueUrl)).rejects.toThrow()
    expect(fleet.stoppedTasks).toEqual([])
    sfn.destroy()
  })

  test('the session it was replaying gets the blame, once; at five crashes it is set aside for a person', async () => {
    const session = await fleet.makeSession()
    const other = await fleet.makeSession()
    const dying = await fleet.makeWorker()
    await Promise.all([session, other].map(hintFor))
    await Promise.all([session, other].map((item) => owned(item, dying.id)))
    await session.leases.setCrashes(session.id, 1, QUARANTINE_CRASHES - 1)
    await fleet.workers.setReplaying(dying.id, 1, session.id)
    const heir = await fleet.makeWorker()
    await fleet.sayStopped(dying.id)
    await fleet.sayStopped(dying.id)
    await owned(other, heir.id)
    await eventually('it is set aside', async () => (await session.sessions.get(session.id))?.status === 'failed')
    expect(await session.leases.get(session.id)).toMatchObject({ owner: null, crashes: QUARANTINE_CRASHES })
    expect((await session.sessions.get(session.id))?.reason?.code).toBe('quarantined')
    expect((await other.leases.get(other.id))?.crashes).toBe(0)
  })
})

describe('the reaper', () => {
  const beat = (workerId: string, counter: number) =>
    fleet.workers.heartbeat({ id: workerId, incarnation: 1, counter, rssBytes: 0, now: Date.now() })

  test('fences the worker whose heartbeat it saw unchanged for 30 s, and only that one', async () => {
    const silent = await fleet.makeWorker()
    const alive = await fleet.makeWorker()
    let counter = 1
    const context = fleet.makeContext({ monotonic: 0 }, async () => void (await beat(alive.id, ++counter)))
    expect(await watchHeartbeats(context, { sawError: false })).toBe(1)
    expect((await fleet.workers.get(silent.id))?.status ?? 'DEAD').toBe('DEAD')
    expect((await fleet.workers.get(alive.id))?.status).toBe('READY')
  })

  test('a worker that fell silent twenty seconds into a tick is found by that tick, although every look takes its time', async () => {
    const silent = await fleet.makeWorker()
    const clock = { monotonic: 0 }
    let counter = 1
    const context = fleet.makeContext(clock, async () => {
      clock.monotonic += 40
      if (clock.monotonic < 21_000) await beat(silent.id, ++counter)
    })
    expect(await watchHeartbeats(context, { sawError: false })).toBe(1)
    expect((await fleet.workers.get(silent.id))?.status ?? 'DEAD').toBe('DEAD')
  })

  test('an invocation that saw an error fences nobody', async () => {
    const silent = await fleet.makeWorker()
    const context = fleet.makeContext({ monotonic: 0 }, async () => {})
    expect(await watchHeartbeats(context, { sawError: true })).toBe(0)
    expect((await fleet.workers.get(silent.id))?.status).toBe('READY')
  })

  test('a beat between the look and the fence saves the worker', async () => {
    const worker = await fleet.makeWorker()
    expect(await fleet.workers.fence(worker.id, 1, 1 + 1)).toBe(false)
    await beat(worker.id, 2)
    expect(await fleet.workers.fence(worker.id, 1, 1)).toBe(false)
    expect((await fleet.workers.get(worker.id))?.status).toBe('READY')
  })

  test('of many silent workers one tick takes two and leaves the rest', async () => {
    await Promise.all(Array.from({ length: 5 }, () => fleet.makeWorker()))
    expect(
      await watchHeartbeats(
        fleet.makeContext({ monotonic: 0 }, async () => {}),
        { sawError: false },
      ),
    ).toBe(2)
  })
})

test('one lease that cannot be read does not keep the others waiting', async () => {
  const worker = await fleet.makeWorker()
  const [broken, fine] = [await fleet.makeSession(), await fleet.makeSession()]
  await fleet.tables.core.update(leaseKey(broken.scope, broken.id), {
    expression: 'SET #epoch = :text',
    values: { ':text': 'not a number' },
  })
  await reconcileMode(
    fleet.makeContext({ monotonic: 0 }, async () => {}),
    'test',
  )
  await owned(fine, worker.id)
})
