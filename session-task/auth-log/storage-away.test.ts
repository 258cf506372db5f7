import { describe, expect, test } from 'vitest'
import type { LogLimits } from './log-context.ts'
import { openSessionLog } from './open-log.ts'
import { LogLostError } from './session-log.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { expectFrozenBytes, expectSoundLog, KeyWitness } from './testing/log-invariants.ts'
import { type Fault, MemoryBucket, MemoryLogDevice } from './testing/memory-log-device.ts'
import { openInput } from './testing/open-memory-log.ts'

const key = (id: string) => ({ t: 'keys', set: { session: { [id]: 1 } } }) as const

const openOn = async (limits: Partial<LogLimits> = {}) => {
  const bucket = new MemoryBucket()
  const device = new MemoryLogDevice(bucket)
  const clock = new FakeClock()
  const witness = new KeyWitness()
  const opened = await openSessionLog(openInput({ device, clock, limits, sessionKeyWrap: witness }))
  if (!opened.ok) throw new Error(opened.detail)
  return { bucket, device, clock, witness, log: opened.log }
}

/** What a promise has come to, without waiting for it. */
const watch = (promise: Promise<void>) => {
  const seen = { state: 'pending' as 'pending' | 'resolved' | LogLostError }
  promise.then(
    () => (seen.state = 'resolved'),
    (error: LogLostError) => (seen.state = error),
  )
  return seen
}

describe('storage away', () => {
  test('for 25 s: nothing is released, and everything is when it is back, in two puts', async () => {
    const { log, device, clock, bucket, witness } = await openOn()
    let away = true
    device.onCall = (): Fault => (away ? 'before' : null)
    const first = watch(log.durable(log.append([key('a')])))
    await clock.advance(1_000)
    const second = watch(log.durable(log.append([key('b')])))
    log.append([key('c')])
    await clock.advance(24_000)
    expect([first.state, second.state]).toEqual(['pending', 'pending'])
    away = false
    await clock.advance(5_000)
    expect([first.state, second.state]).toEqual(['resolved', 'resolved'])
    expect(bucket.segments.size).toBe(3)
    expectFrozenBytes(device)
    expectSoundLog(bucket, 'ses_test', witness)
  })

  test('for more than 30 s: the log is lost, once, and later appends are refused', async () => {
    const { log, device, clock } = await openOn()
    device.onCall = () => 'before'
    const losses: string[] = []
    log.onLost((loss) => losses.push(loss))
    const first = watch(log.durable(log.append([key('a')])))
    await clock.advance(29_000)
    expect(losses).toEqual([])
    await clock.advance(6_000)
    expect(losses).toEqual(['storage'])
    expect(first.state).toMatchObject({ loss: 'storage' })
    expect(() => log.append([key('b')])).toThrow(LogLostError)
    await expect(log.durable(1)).rejects.toThrow('storage')
    await expect(log.close()).rejects.toThrow('storage')
    expect(clock.sleepers).toBe(0)
  })

  test('and given up meanwhile: no retry writes a moment later', async () => {
    const { log, device, clock, bucket } = await openOn()
    let away = true
    device.onCall = (): Fault => (away ? 'before' : null)
    const done = watch(log.durable(log.append([key('a')])))
    await clock.advance(1_000)
    log.abandon()
    away = false
    await clock.advance(60_000)
    expect(done.state).toMatchObject({ loss: 'fenced' })
    expect(bucket.segments.size).toBe(1)
  })

  test('a put whose answer was lost five times is one segment', async () => {
    const { log, device, clock, bucket } = await openOn()
    let left = 5
    device.onCall = ({ name }) => (name === 'putSegment' && left-- > 0 ? 'after' : null)
    const done = watch(log.durable(log.append([key('a')])))
    await clock.advance(20_000)
    expect(done.state).toBe('resolved')
    expect(bucket.segments.size).toBe(2)
    expectFrozenBytes(device)
  })

  test('a snapshot that cannot be written costs nothing, and is tried again', async () => {
    const { log, device, clock, bucket, witness } = await openOn({ snapshotCommits: 2, storageTimeoutMs: 1_000 })
    let away = true
    device.onCall = ({ name }) => (away && name === 'putSnapshot' ? 'before' : null)
    for (const id of ['a', 'b', 'c']) {
      const done = watch(log.durable(log.append([key(id)])))
      await clock.advance(10_000)
      expect(done.state).toBe('resolved')
    }
    expect(bucket.snapshots.size).toBe(0)
    away = false
    await clock.advance(60_000)
    await log.durable(log.append([key('d')]))
    await log.close()
    expect(bucket.snapshots.size).toBe(1)
    expectFrozenBytes(device)
    expectSoundLog(bucket, 'ses_test', witness)
  })
})

describe('a pause of more than 60 s', () => {
  test('makes the gate ask HEAD before the next release, and again only after the next pause', async () => {
    const { log, device, clock } = await openOn()
    await log.durable(log.append([key('a')]))
    const heads = () => device.calls.filter(({ name }) => name === 'getHead').length
    const before = heads()
    await clock.advance(600_000)
    await log.durable(log.lastLsn)
    expect(heads(), 'idle is not a pause').toBe(before)
    clock.pause(61_000)
    await log.durable(log.append([key('b')]))
    await log.durable(log.lastLsn)
    expect(heads()).toBe(before + 1)
  })

  test('a zombie whose slot is free again does not release what it wrote there', async () => {
    const { log, clock, bucket } = await openOn()
    const lsn = log.append([key('a')])
    await log.durable(lsn)
    const next = await openSessionLog(
      openInput({ device: new MemoryLogDevice(bucket), epoch: 2, clock, sessionKeyWrap: new KeyWitness() }),
    )
    expect(next.ok).toBe(true)
    // As if clean-up had removed the fence that the zombie would meet.
    bucket.segments.clear()
    clock.pause(3 * 24 * 3_600_000)
    await expect(log.durable(log.append([key('b')]))).rejects.toThrow('fenced')
    await expect(log.durable(lsn)).rejects.toThrow('fenced')
  })
})
