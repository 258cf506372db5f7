import { describe, expect, test } from 'vitest'
import { collectMetrics } from '../../shared/log/testing/collect-metrics.ts'
import { openSessionLog } from './open-log.ts'
import type { StatusRecord } from './records.ts'
import { expectSoundLog, KeyWitness } from './testing/log-invariants.ts'
import { MemoryBucket, MemoryLogDevice } from './testing/memory-log-device.ts'
import { openInput, openMemoryLog } from './testing/open-memory-log.ts'

const creds = { t: 'creds', creds: { me: { id: '1@s.whatsapp.net' } } } as const
const key = (id: string, value: unknown) => ({ t: 'keys', set: { 'pre-key': { [id]: value } } }) as const
const status = (sequence: number): StatusRecord => ({
  t: 'status',
  messageId: `msg_${sequence}`,
  status: 'sent',
  sequence,
  eventId: `evt_${sequence}`,
  at: 1,
})

describe('a session log', () => {
  test('gives its next owner everything that was durable, and ends the one before', async () => {
    const { log: first, bucket } = await openMemoryLog()
    await first.durable(first.append([creds, key('1', { a: 1 })]))
    first.append([status(first.takeSequence())])
    await first.durable(first.lastLsn)

    const { log: second } = await openMemoryLog({ bucket, epoch: 2, expectLinked: true })
    expect(second.state.creds).toEqual(creds.creds)
    expect(second.state.key('pre-key', '1')).toEqual({ a: 1 })
    expect(second.state.undone()).toHaveLength(1)
    expect(second.takeSequence()).toBe(2)

    let loss = ''
    first.onLost((reason) => (loss = reason))
    await expect(first.durable(first.append([key('2', {})]))).rejects.toThrow('fenced')
    expect(loss).toBe('fenced')
    expect(() => first.append([creds])).toThrow('fenced')
  })

  test('a writer that finds another owner is counted, once; one that is told to leave is not', async () => {
    const metrics = collectMetrics()
    try {
      const { log: zombie, bucket } = await openMemoryLog()
      const { log: owner } = await openMemoryLog({ bucket, epoch: 2 })
      await expect(zombie.durable(zombie.append([key('1', {})]))).rejects.toThrow('fenced')
      await expect(zombie.confirmOwner()).rejects.toThrow('fenced')
      expect(metrics.sum('log_fenced_count')).toBe(1)
      owner.abandon()
      expect(metrics.sum('log_fenced_count')).toBe(1)
    } finally {
      metrics.stop()
    }
  })

  test('appends of one synchronous run share one segment', async () => {
    const { log, bucket } = await openMemoryLog()
    log.append([key('1', 1)])
    await log.durable(log.append([key('2', 2)]))
    expect(bucket.segments.size).toBe(2)
  })

  test('what only says that work is done makes no PUT of its own, nothing waits for it, and it is not lost', async () => {
    const witness = new KeyWitness()
    const { log, bucket } = await openMemoryLog({ sessionKeyWrap: witness })
    await log.durable(log.append([status(log.takeSequence())]))
    const slots = bucket.segments.size
    log.append([{ t: 'done', upTo: 1 }])
    await log.durable(log.lastLsn)
    expect(bucket.segments.size).toBe(slots)
    await log.durable(log.append([key('1', 1)]))
    expect(bucket.segments.size).toBe(slots + 1)
    const { log: next } = await openMemoryLog({ bucket, epoch: 2, sessionKeyWrap: witness })
    expect(next.state.doneUpTo).toBe(1)

    next.append([status(next.takeSequence()), key('2', 2)])
    await next.durable(next.lastLsn)
    next.append([{ t: 'done', upTo: 2 }])
    await next.close()
    expectSoundLog(bucket, 'ses_test', witness)
    const { log: last } = await openMemoryLog({ bucket, epoch: 3 })
    expect(last.state.undone()).toEqual([])
  })

  test('close leaves a snapshot that needs no segment', async () => {
    const { log, bucket } = await openMemoryLog()
    log.append([creds, key('1', { a: 1 }), status(log.takeSequence())])
    await log.close()
    bucket.segments.clear()
    const { log: next } = await openMemoryLog({ bucket, epoch: 2, expectLinked: true })
    expect(next.state.key('pre-key', '1')).toEqual({ a: 1 })
    expect(next.state.nextSequence).toBe(2)
    expect(() => log.append([creds])).toThrow('closed')
  })

  test('a snapshot holds what its batch made durable, nothing that came while the batch was under way', async () => {
    const { log, bucket, device } = await openMemoryLog({ limits: { snapshotCommits: 2 } })
    const put = Promise.withResolvers<void>()
    device.onCall = ({ name }) => (name === 'putSegment' ? { wait: put.promise } : null)
    const durable = log.durable(log.append([key('1', 'durable')]))
    await new Promise((resolve) => setImmediate(resolve))
    log.append([key('2', 'never durable')])
    // Its own batch dies with the process, the snapshot of the one before is written.
    const written = Promise.withResolvers<void>()
    device.onCall = ({ name }) => {
      if (name === 'putHead') setImmediate(written.resolve)
      return name === 'putSegment' ? 'dieBefore' : null
    }
    put.resolve()
    await durable
    await written.promise
    expect(bucket.snapshots.size).toBe(1)
    const { log: next } = await openMemoryLog({ bucket, epoch: 2 })
    expect([next.state.key('pre-key', '1'), next.state.key('pre-key', '2')]).toEqual(['durable', undefined])
  })

  test('an epoch that was used is refused', async () => {
    const { bucket } = await openMemoryLog({ epoch: 3 })
    const again = await openSessionLog(openInput({ device: new MemoryLogDevice(bucket), epoch: 3 }))
    expect(again).toMatchObject({ ok: false, reason: 'newerOwner', headEpoch: 3 })
  })

  test('a linked session without its log is lost state, never a new session', async () => {
    const nothing = new MemoryBucket()
    const empty = await openSessionLog(openInput({ expectLinked: true, device: new MemoryLogDevice(nothing) }))
    expect(empty).toMatchObject({ ok: false, reason: 'stateLost', fault: 'missing_head' })
    expect(nothing.head).toBeNull()

    const { log, bucket } = await openMemoryLog()
    await log.durable(log.append([creds]))
    await log.durable(log.append([key('1', 1)]))
    bucket.segments.delete(2)
    const holed = await openSessionLog(openInput({ device: new MemoryLogDevice(bucket), epoch: 2 }))
    expect(holed).toMatchObject({ ok: false, reason: 'stateLost' })

    const orphans = new MemoryBucket()
    for (const [slot, bytes] of bucket.segments) orphans.segments.set(slot, bytes)
    const headless = await openSessionLog(openInput({ device: new MemoryLogDevice(orphans), epoch: 2 }))
    expect(headless).toMatchObject({ ok: false, reason: 'stateLost' })
  })

  test('a sequence that was taken but not used is given again, a gap is refused', async () => {
    const { log } = await openMemoryLog()
    expect([log.takeSequence(), log.takeSequence()]).toEqual([1, 2])
    await Promise.resolve()
    expect(log.takeSequence()).toBe(1)
    expect(() => log.append([status(2)])).toThrow(RangeError)
    expect(log.state.nextSequence).toBe(1)
  })

  test('creds that are reset take the keys of the old identity with them, also for the next owner', async () => {
    const { log: first, bucket } = await openMemoryLog()
    await first.durable(first.append([creds, key('1', { a: 1 })]))
    await first.durable(first.append([{ t: 'creds', creds: null }]))
    expect(first.state.key('pre-key', '1')).toBeUndefined()
    const { log: second } = await openMemoryLog({ bucket, epoch: 2 })
    expect([second.state.creds, second.state.key('pre-key', '1')]).toEqual([null, undefined])
  })
})
