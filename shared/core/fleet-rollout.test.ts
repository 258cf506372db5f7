import { expect, test } from 'vitest'
import { ALARM_PATIENCE_MS, alarmingSince, planRollout, ROLLOUT_LIMIT_MS, type RolloutView } from './fleet-rollout.ts'
import { makeWorker } from './testing/make-worker.ts'

const rollout: RolloutView = { mode: 'live', version: 'v2', waveSize: 1, status: 'running', startedAt: 0 }
const plan = (patch: Partial<Parameters<typeof planRollout>[0]>) =>
  planRollout({
    rollout,
    fleet: [],
    waiting: 0,
    alarms: [],
    failedStarts: 0,
    workerCapacity: 100,
    now: 1,
    ...patch,
  })
const old = [makeWorker({ id: 'a', used: 60 }), makeWorker({ id: 'b', used: 40 })]
const fresh = makeWorker({ id: 'n', used: 0, version: 'v2' })

test('room of the new version comes first, then the emptiest old worker hands over', () => {
  expect(plan({ fleet: old })).toEqual({ action: 'launch', count: 1 })
  expect(plan({ fleet: [...old, { ...fresh, status: 'STARTING' }] })).toEqual({ action: 'wait', because: 'starting' })
  expect(plan({ fleet: [...old, fresh] })).toMatchObject({ action: 'drain', workers: [{ id: 'b' }] })
})

test('the next wave waits until the one before has gone, has landed, and no alarm rings', () => {
  const draining = makeWorker({ id: 'b', used: 3, status: 'DRAINING' })
  expect(plan({ fleet: [old[0]!, draining, fresh] })).toEqual({ action: 'wait', because: 'draining' })
  expect(plan({ fleet: [old[0]!, fresh], waiting: 2 })).toEqual({ action: 'wait', because: 'unowned' })
  expect(plan({ fleet: [old[0]!, fresh], alarms: ['messages-slow'] })).toEqual({
    action: 'wait',
    because: 'alarm: messages-slow',
  })
})

test('it ends when every worker of the mode runs the version; other modes do not count', () => {
  expect(plan({ fleet: [fresh, makeWorker({ id: 't', mode: 'test' })] })).toMatchObject({
    action: 'end',
    status: 'done',
  })
})

test('an abort ends it at once and drains nobody; a version that does not start fails it', () => {
  expect(plan({ rollout: { ...rollout, status: 'aborting' }, fleet: [...old, fresh] })).toMatchObject({
    status: 'aborted',
  })
  expect(plan({ fleet: old, failedStarts: 3 })).toMatchObject({ action: 'end', status: 'failed' })
  expect(plan({ fleet: old, now: ROLLOUT_LIMIT_MS + 1 })).toMatchObject({ action: 'end', status: 'failed' })
})

test('followed to its end, it replaces every worker and never drains two waves at once', () => {
  let fleet = Array.from({ length: 7 }, (_, index) => makeWorker({ id: `o${index}`, used: 70 }))
  let steps = 0
  for (; steps < 100; steps++) {
    const step = plan({ rollout: { ...rollout, waveSize: 2 }, fleet })
    if (step.action === 'end') break
    if (step.action === 'launch')
      for (let index = 0; index < step.count; index++) fleet = [...fleet, { ...fresh, id: `n${steps}-${index}` }]
    if (step.action === 'drain') {
      expect(step.workers.length).toBeLessThanOrEqual(2)
      let moving = step.workers.reduce((sum, { used }) => sum + used, 0)
      fleet = fleet
        .filter(({ id }) => !step.workers.some((worker) => worker.id === id))
        .map((worker) => {
          const taken = worker.version === 'v2' ? Math.min(moving, worker.capacity - worker.used) : 0
          moving -= taken
          return { ...worker, used: worker.used + taken }
        })
      expect(moving).toBe(0)
    }
  }
  expect(fleet.every(({ version }) => version === 'v2')).toBe(true)
  expect(fleet.reduce((sum, { used }) => sum + used, 0)).toBe(490)
})

test('an alarm that does not go away fails it, with its name; one that stops gives it its patience back', () => {
  const fleet = [old[0]!, fresh]
  const alarms = ['session-crashes']
  const ringing = { ...rollout, alarmingSince: 1 }
  expect(plan({ rollout: ringing, fleet, alarms, now: ALARM_PATIENCE_MS })).toMatchObject({ action: 'wait' })
  expect(plan({ rollout: ringing, fleet, alarms, now: ALARM_PATIENCE_MS + 1 })).toMatchObject({
    status: 'failed',
    because: 'alarm for 15 minutes: session-crashes',
  })
  expect(alarmingSince(rollout, alarms, 7)).toBe(7)
  expect(alarmingSince(ringing, alarms, 7)).toBe(1)
  expect(alarmingSince(ringing, null, 7)).toBe(1)
  expect(alarmingSince(ringing, [], 7)).toBeNull()
})

test('alarms that cannot be read stop it like one that rings; a repair may go on in spite of them', () => {
  const fleet = [old[0]!, fresh]
  expect(plan({ fleet, alarms: null })).toEqual({ action: 'wait', because: 'alarms cannot be read' })
  const repair = { ...rollout, ignoreAlarms: true, alarmingSince: 0 }
  for (const alarms of [null, ['session-crashes']])
    expect(plan({ rollout: repair, fleet, alarms, now: ALARM_PATIENCE_MS })).toMatchObject({ action: 'drain' })
})
