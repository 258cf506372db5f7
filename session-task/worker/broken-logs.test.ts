import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LogFault } from '../../shared/core/log-fault.ts'
import { isTombstone, parseHead } from '../auth-log/head.ts'
import { LogObjects } from '../testing/log-objects.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'

let fleet: TestFleet
let neighbour: string
let next: Awaited<ReturnType<TestFleet['startWorker']>>
let phones = 0
const CONTACT = '5511988887777'
const NEIGHBOUR_PHONE = '5511900008000'

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
  next = await fleet.startWorker({ version: 'next' })
  neighbour = await fleet.linkSession(next, NEIGHBOUR_PHONE)
})
afterAll(() => fleet.stop())

type Objects = Map<string, Buffer>
const keyOf = (objects: Objects, kind: 'head' | 'wal' | 'snap', index = 0): string => {
  const key = [...objects.keys()].filter((name) => name.startsWith(`${kind}/`)).at(index)
  if (!key) throw new Error(`no ${kind} object ${index}`)
  return key
}
const changeHead = (objects: Objects, change: (head: Record<string, unknown>) => Record<string, unknown>): void => {
  const key = keyOf(objects, 'head')
  const head = JSON.parse(objects.get(key)?.toString() ?? '{}')
  objects.set(key, Buffer.from(JSON.stringify({ ...head, ...change(head) })))
}
const flipLastBit = (objects: Objects, key: string): void => {
  const bytes = Buffer.from(objects.get(key) ?? [])
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  objects.set(key, bytes)
}
const cut = (objects: Objects, key: string): void => {
  objects.set(key, (objects.get(key) ?? Buffer.alloc(0)).subarray(0, 70))
}
/** keys that were wrapped for somebody else */
const foreignKeys = async () => {
  const foreign = new LogObjects(neighbour)
  const objects = await foreign.read()
  foreign.stop()
  const { wrappedKeys } = JSON.parse(objects.get(keyOf(objects, 'head'))?.toString() ?? '{}')
  return Object.values(wrappedKeys)[0]
}

const DAMAGES: [name: string, fault: LogFault, damage: (objects: Objects) => void | Promise<void>][] = [
  ['no HEAD', 'missing_head', (objects) => void objects.delete(keyOf(objects, 'head'))],
  ['a HEAD cut short', 'unreadable_head', (objects) => cut(objects, keyOf(objects, 'head'))],
  ['no snapshot', 'missing_snapshot', (objects) => void objects.delete(keyOf(objects, 'snap', -1))],
  ['a changed snapshot', 'corrupt_record', (objects) => flipLastBit(objects, keyOf(objects, 'snap', -1))],
  ['a changed record', 'corrupt_record', (objects) => flipLastBit(objects, keyOf(objects, 'wal', -1))],
  ['a record cut short', 'corrupt_record', (objects) => cut(objects, keyOf(objects, 'wal', -1))],
  ['a record missing', 'missing_record', (objects) => void objects.delete(keyOf(objects, 'wal', -2))],
  ['a lost data key', 'missing_key', (objects) => changeHead(objects, () => ({ wrappedKeys: {} }))],
  [
    'a foreign data key',
    'wrong_key',
    async (objects) => {
      const foreign = await foreignKeys()
      changeHead(objects, ({ wrappedKeys }) => ({
        wrappedKeys: Object.fromEntries(Object.keys(wrappedKeys as object).map((epoch) => [epoch, foreign])),
      }))
    },
  ],
  ['a HEAD that knew more', 'sequence_behind', (objects) => changeHead(objects, () => ({ nextSequence: 999 }))],
]

/** A linked session whose worker died: a snapshot, and records behind it. */
const orphan = async (damage: (objects: Objects) => void | Promise<void>) => {
  const phone = `55119000081${String(phones++).padStart(2, '0')}`
  const first = await fleet.startWorker({ version: 'test', isEndedByTest: true })
  const sessionId = await fleet.linkSession(first, phone)
  await first.drain()
  const second = await fleet.startWorker({ version: 'test', isEndedByTest: true })
  await fleet.assign(sessionId, second)
  await fleet.untilStatus(sessionId, 'connected')
  for (const text of ['one', 'two', 'three']) {
    const row = await fleet.accept(sessionId, CONTACT, text)
    await fleet.untilMessage(row.id, ['sent', 'delivered', 'read'])
  }
  second.abandon()
  const log = new LogObjects(sessionId)
  const whole = await log.read()
  const damaged = new Map(whole)
  await damage(damaged)
  await log.restore(damaged)
  return { sessionId, phone, log, whole, damaged }
}

const expectUntouched = (after: Objects, before: Objects, fault: LogFault): void => {
  const isClaimed = (key: string) => key.startsWith('head/') && !['missing_head', 'unreadable_head'].includes(fault)
  const kept = (objects: Objects) => [...objects].filter(([key]) => !isClaimed(key))
  expect(kept(after).map(([key]) => key)).toEqual(kept(before).map(([key]) => key))
  for (const [key, bytes] of kept(before)) expect(after.get(key)?.equals(bytes), key).toBe(true)
}

const neighbourAnswers = async (text: string): Promise<void> => {
  const row = await fleet.accept(neighbour, CONTACT, text)
  await fleet.untilMessage(row.id, ['sent', 'delivered', 'read'])
}

describe('a session whose log is broken', () => {
  test.each(DAMAGES)(
    '%s: failed{state_lost} names %s and what to do, nothing is overwritten, neighbours go on, and it heals',
    async (name, fault, damage) => {
      const { sessionId, log, whole, damaged } = await orphan(damage)
      await fleet.assign(sessionId, next)
      const { reason } = await fleet.untilStatus(sessionId, 'failed')
      expect(reason).toMatchObject({
        code: 'state_lost',
        fault,
        retryable: false,
        nextAction: fault === 'wrong_key' ? 'restore_tenant_key' : 'restore_log',
      })
      await fleet.released(sessionId)
      expect((await fleet.leases.get(sessionId))?.desired).toBe('STOPPED')
      await neighbourAnswers(name)
      expectUntouched(await log.read(), damaged, fault)

      // A person puts the versions back that S3 kept, and restarts it: no QR.
      await log.restore(whole)
      log.stop()
      await fleet.leases.setDesired(sessionId, 'RUNNING')
      await fleet.assign(sessionId, next)
      await fleet.untilStatus(sessionId, 'connected')
      const types = (await fleet.readEvents(sessionId)).map(({ type }) => type)
      expect(types.filter((type) => type === 'session.qr')).toHaveLength(1)
    },
    60_000,
  )

  test('written by a newer version: handed to a worker that can read it, not failed', async () => {
    const toFormat2 = (objects: Objects) => changeHead(objects, () => ({ format: 2 }))
    const { sessionId, log, whole, damaged } = await orphan(toFormat2)
    const old = await fleet.startWorker({ version: 'old' })
    await fleet.assign(sessionId, old)
    const lease = await until('the old worker lets go', async () => {
      const row = await fleet.leases.get(sessionId)
      return row?.owner === null ? row : null
    })
    expect(lease).toMatchObject({ desired: 'RUNNING', settled: false, refusedVersions: ['old'] })
    expect(await fleet.sessions.get(sessionId)).toMatchObject({
      status: 'reconnecting',
      reason: { code: 'log_future_format', fault: 'future_format', nextAction: 'finish_upgrade', retryable: true },
    })
    await until('the reconciler is asked', async () =>
      (await fleet.readHints()).some((hint) => hint.kind === 'session' && hint.sessionId === sessionId),
    )
    expectUntouched(await log.read(), damaged, 'unreadable_head')

    // The log as it was stands for a version that can read it.
    await log.restore(whole)
    log.stop()
    await fleet.assign(sessionId, next)
    await fleet.untilStatus(sessionId, 'connected')
    expect(await fleet.leases.get(sessionId)).toMatchObject({ refusedVersions: ['old'] })
  }, 60_000)
})

describe('a session that is deleted although its log cannot be opened', () => {
  const deleted = async (sessionId: string) => {
    const waiting = await fleet.accept(sessionId, CONTACT, 'never', { status: 'scheduled' }, Date.now() + 3_600_000)
    await fleet.leases.setDesired(sessionId, 'DELETED')
    await fleet.assign(sessionId, next)
    await fleet.released(sessionId)
    return waiting
  }
  const expectBuried = async (sessionId: string, waitingId: string) => {
    const objects = new LogObjects(sessionId)
    const left = await objects.read()
    objects.stop()
    expect(isTombstone(parseHead(left.get(keyOf(left, 'head')) ?? Buffer.alloc(0)))).toBe(true)
    const rest = [...left.keys()].filter((key) => !key.startsWith('head/'))
    expect(rest.length).toBeLessThanOrEqual(3)
    expect(rest.every((key) => key.startsWith('wal/'))).toBe(true)
    expect(await fleet.messages.get(waitingId)).toMatchObject({
      status: 'failed',
      failure: { code: 'session_deleted' },
    })
    const told = fleet.published.filter(({ sessionId: of }) => of === sessionId).map(({ type }) => type)
    expect(told).toContain('message.failed')
    expect((await fleet.messages.listOpen(sessionId, { limit: 10 })).rows).toEqual([])
    // Whoever opens it after all finds that it is over.
    expect(await fleet.leases.setDesired(sessionId, 'RUNNING')).toBeNull()
    await fleet.assign(sessionId, next)
    await fleet.released(sessionId)
    expect((await fleet.sessions.get(sessionId))?.reason?.nextAction).toBe('unlink_on_phone')
  }

  test.each(
    DAMAGES.filter(([, fault]) => ['missing_head', 'unreadable_head', 'missing_record', 'wrong_key'].includes(fault)),
  )(
    '%s: it leaves a tombstone, what waited is told as failed, and it never comes back',
    async (_name, _fault, damage) => {
      const { sessionId, log } = await orphan(damage)
      log.stop()
      const waiting = await deleted(sessionId)
      expect((await fleet.sessions.get(sessionId))?.reason).toMatchObject({ code: 'state_lost' })
      await expectBuried(sessionId, waiting.id)
    },
    60_000,
  )

  test('in quarantine: the same, without opening it once more', async () => {
    const { sessionId, log } = await orphan(() => {})
    log.stop()
    const lease = await fleet.leases.get(sessionId)
    await fleet.leases.setCrashes(sessionId, lease?.epoch ?? 0, 5)
    const waiting = await deleted(sessionId)
    expect((await fleet.sessions.get(sessionId))?.reason).toMatchObject({ code: 'quarantined' })
    await expectBuried(sessionId, waiting.id)
  }, 60_000)
})
