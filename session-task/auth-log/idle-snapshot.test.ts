import { describe, expect, test } from 'vitest'
import { type Head, parseHead } from './head.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { expectSoundLog, KeyWitness } from './testing/log-invariants.ts'
import { openMemoryLog } from './testing/open-memory-log.ts'

const HOUR_MS = 3_600_000
const key = (id: string) => ({ t: 'keys', set: { session: { [id]: 1 } } }) as const

describe('a session that went quiet', () => {
  test('gets a snapshot of its last commits, one and no more, and still owns its log', async () => {
    const clock = new FakeClock()
    const witness = new KeyWitness()
    const { log, bucket } = await openMemoryLog({ clock, sessionKeyWrap: witness })
    await log.durable(log.append([key('a')]))
    await clock.advance(5 * HOUR_MS)
    expect(bucket.snapshots.size).toBe(0)
    await clock.advance(2 * HOUR_MS)
    expect(bucket.snapshots.size).toBe(1)
    expect((parseHead(bucket.head!) as Head).snapSeq).toBe(2)
    await clock.advance(48 * HOUR_MS)
    expect(bucket.snapshots.size).toBe(1)
    await log.durable(log.append([key('b')]))
    expectSoundLog(bucket, 'ses_test', witness)
    await log.close()
    await clock.advance(48 * HOUR_MS)
    expect(bucket.snapshots.size).toBe(2)
  })

  test('is not touched by an owner that lost it', async () => {
    const clock = new FakeClock()
    const { log, bucket } = await openMemoryLog({ clock })
    await log.durable(log.append([key('a')]))
    log.abandon()
    await clock.advance(48 * HOUR_MS)
    expect(bucket.snapshots.size).toBe(0)
  })
})
