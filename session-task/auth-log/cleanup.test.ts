import { describe, expect, test } from 'vitest'
import { planCleanup } from './cleanup-plan.ts'
import { type Head, parseHead } from './head.ts'
import { openSessionLog } from './open-log.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { MemoryBucket, MemoryLogDevice } from './testing/memory-log-device.ts'
import { openInput, openMemoryLog } from './testing/open-memory-log.ts'
import { deleteLogObjects, fenceUnread, tombstoneLog } from './tombstone.ts'

const HOUR_MS = 3_600_000
const key = (id: string) => ({ t: 'keys', set: { session: { [id]: 1 } } }) as const
const entry = (sequence: number, at: number) => ({ name: `s${sequence}`, sequence, epoch: 1, at })

describe('clean-up', () => {
  test('takes only what two newer snapshots cover, the newer of them 48 h old', () => {
    const plan = (...snapshots: ReturnType<typeof entry>[]) => planCleanup(snapshots, 100, 48)
    expect(plan()).toBeNull()
    expect(plan(entry(10, 1))).toBeNull()
    expect(plan(entry(20, 53), entry(10, 1))).toBeNull()
    expect(plan(entry(20, 52), entry(10, 1))).toEqual({ segmentsUpTo: 10, kept: [entry(20, 52), entry(10, 1)] })
    expect(plan(entry(40, 99), entry(30, 52), entry(20, 2), entry(10, 1))).toEqual({
      segmentsUpTo: 20,
      kept: [entry(40, 99), entry(30, 52), entry(20, 2)],
    })
  })

  test('leaves a log that opens, with the keys of what is kept and no others', async () => {
    const clock = new FakeClock()
    const bucket = new MemoryBucket()
    for (let epoch = 1; epoch <= 6; epoch++) {
      const { log } = await openMemoryLog({ bucket, clock, epoch })
      await log.durable(log.append([key(String(epoch))]))
      await log.close()
      await clock.advance(30 * HOUR_MS)
    }
    // Two slots per epoch, one snapshot per epoch at slot 2·epoch, 30 h apart: at the last one, that of epoch 4 is old.
    expect([...bucket.segments.keys()]).toEqual([7, 8, 9, 10, 11, 12])
    expect(bucket.snapshots.size).toBe(4)
    const head = parseHead(bucket.head!) as Head
    expect(Object.keys(head.wrappedKeys)).toEqual(['3', '4', '5', '6'])
    const { log } = await openMemoryLog({ bucket, clock, epoch: 7 })
    for (let epoch = 1; epoch <= 6; epoch++) expect(log.state.key('session', String(epoch))).toBe(1)
  })
})

describe('a tombstone', () => {
  test('is opened by nobody, stays, and lets go of every object but the fence', async () => {
    const { log, bucket, device } = await openMemoryLog({ epoch: 4 })
    await log.durable(log.append([key('a')]))
    await expect(deleteLogObjects(device)).rejects.toThrow('tombstone')
    expect(await tombstoneLog(device, 3, 1)).toEqual({ ok: false, reason: 'newerOwner', headEpoch: 4 })
    expect(await tombstoneLog(device, 4, 1)).toEqual({ ok: true })
    expect(await tombstoneLog(device, 5, 2)).toEqual({ ok: true })
    await expect(log.close()).rejects.toThrow('fenced')
    await deleteLogObjects(device)
    expect([[...bucket.segments.keys()], bucket.snapshots.size]).toEqual([[1], 0])
    const opened = await openSessionLog(openInput({ device: new MemoryLogDevice(bucket), epoch: 9 }))
    expect(opened).toMatchObject({ ok: false, reason: 'tombstone', headEpoch: 4 })
  })

  test('no earlier owner writes behind it, although the log is deleted', async () => {
    const bucket = new MemoryBucket()
    const owners = []
    for (const epoch of [1, 2, 3, 4]) {
      const { log, device } = await openMemoryLog({ bucket, epoch })
      for (const id of ['a', 'b', 'c']) await log.durable(log.append([key(id)]))
      owners.push({ log, device })
    }
    const last = owners.at(-1)
    await last?.log.close()
    const device = new MemoryLogDevice(bucket)
    expect(await tombstoneLog(device, 4, 1)).toEqual({ ok: true })
    // Whoever dies in between does it again.
    for (let time = 0; time < 2; time++) await deleteLogObjects(device)
    expect([...bucket.segments.keys()]).toEqual([5, 9, 13])
    for (const { log } of owners.slice(0, 3)) {
      await expect(log.durable(log.append([key('late')]))).rejects.toThrow('fenced')
      expect(bucket.segments.size).toBe(3)
    }
  })

  test('of a log that nobody can read: its owner is fenced all the same, and a broken HEAD is no obstacle', async () => {
    const bucket = new MemoryBucket()
    const { log } = await openMemoryLog({ bucket, epoch: 4 })
    await log.durable(log.append([key('a')]))
    bucket.head = bucket.head?.subarray(0, 40) ?? null
    const device = new MemoryLogDevice(bucket)
    await expect(fenceUnread(device, 'ses_test', 3)).rejects.toThrow('epoch 3')
    await fenceUnread(device, 'ses_test', 5)
    expect(await tombstoneLog(device, 5, 1)).toEqual({ ok: true })
    await deleteLogObjects(device)
    await expect(log.durable(log.append([key('late')]))).rejects.toThrow('fenced')
    expect([...bucket.segments.keys()]).toEqual([1, 3])

    const later = new MemoryBucket()
    later.head = Buffer.from(JSON.stringify({ format: 2 }))
    await expect(tombstoneLog(new MemoryLogDevice(later), 9, 1)).rejects.toThrow('format 2')
    expect(JSON.parse(String(later.head))).toEqual({ format: 2 })
  })

  test('also ends a session that never had a log', async () => {
    const device = new MemoryLogDevice()
    expect(await tombstoneLog(device, 1, 1)).toEqual({ ok: true })
    expect(await openSessionLog(openInput({ device, epoch: 2 }))).toMatchObject({ ok: false, reason: 'tombstone' })
  })
})
