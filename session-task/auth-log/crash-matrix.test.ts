import { zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { openSessionLog } from './open-log.ts'
import type { LogRecord } from './records.ts'
import type { SessionLog } from './session-log.ts'
import { InstantClock } from './testing/fake-clock.ts'
import { expectFrozenBytes, expectSoundLog, KeyWitness } from './testing/log-invariants.ts'
import { type Fault, MemoryBucket, MemoryLogDevice } from './testing/memory-log-device.ts'
import { openInput } from './testing/open-memory-log.ts'

const SESSION = 'ses_test'
const TURNS_MAX = 10_000
const LIMITS = { snapshotCommits: 3, storageTimeoutMs: 30_000 }

/** What the world outside may rely on: names of appends whose `durable` resolved. */
class Outside {
  readonly acknowledged: string[] = []
  appended = 0
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/**
 * A snapshot takes a different number of turns each time, so that commits, the take-over and the end fall into every
 * part of it; never wall time, so that a busy machine changes neither the order of calls nor what is waited for.
 */
const slowCompress = () => {
  let snapshots = 0
  return async (body: Buffer): Promise<Buffer> => {
    await turns((snapshots++ * 5) % 8)
    return zstdCompressSync(body)
  }
}

const openOn = async (
  device: MemoryLogDevice,
  witness: KeyWitness,
  epoch: number,
  expectLinked: boolean,
): Promise<SessionLog> => {
  const clock = new InstantClock()
  const compress = slowCompress()
  const opened = await openSessionLog(
    openInput({ device, epoch, expectLinked, sessionKeyWrap: witness, clock, compress, limits: LIMITS }),
  )
  if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`)
  return opened.log
}

/** One append of two keys and an event: all three are there later, or none. */
const write = async (log: SessionLog, outside: Outside): Promise<void> => {
  const name = String(++outside.appended)
  const sequence = log.takeSequence()
  const records: LogRecord[] = [
    { t: 'creds', creds: { me: { id: 'me' }, name } },
    { t: 'keys', set: { session: { [name]: { a: name } }, 'pre-key': { [name]: name } } },
    { t: 'status', messageId: name, status: 'sent', sequence, eventId: `evt_${sequence}`, at: 1 },
  ]
  await log.durable(log.append(records))
  outside.acknowledged.push(name)
}

/** Two owners, one after the other; the first leaves without a word, the second closes. Snapshots on the way. */
const live = async (device: MemoryLogDevice, witness: KeyWitness, outside: Outside): Promise<void> => {
  const first = await openOn(device, witness, 1, false)
  for (let i = 0; i < 5; i++) await write(first, outside)
  await until(() => device.bucket.snapshots.size > 0)
  first.abandon()
  const second = await openOn(device, witness, 2, true)
  for (let i = 0; i < 4; i++) await write(second, outside)
  await second.close()
}

/** Waits for what goes on in the background, in turns of the event loop: the only time that passes in these runs. */
const until = async (condition: () => boolean): Promise<void> => {
  for (let turn = 0; !condition(); turn++) {
    if (turn > TURNS_MAX) throw new Error(`the condition was not met within ${TURNS_MAX} turns`)
    await turns(1)
  }
}

const expectNothingLost = async (bucket: MemoryBucket, witness: KeyWitness, outside: Outside): Promise<void> => {
  const log = await openOn(new MemoryLogDevice(bucket), witness, 9, outside.acknowledged.length > 0)
  for (const name of outside.acknowledged) expect(log.state.key('session', name)).toEqual({ a: name })
  for (let name = 1; name <= outside.appended; name++) {
    const parts = [log.state.key('session', String(name)), log.state.key('pre-key', String(name))]
    expect(new Set(parts.map((part) => part === undefined)).size, 'an append is there as a whole').toBe(1)
  }
  expect(log.state.nextSequence).toBeGreaterThan(outside.acknowledged.length)
  await write(log, outside)
  expectSoundLog(bucket, SESSION, witness)
}

const run = async (fate: (n: number) => Fault, died: Promise<void>) => {
  const bucket = new MemoryBucket()
  const witness = new KeyWitness()
  const outside = new Outside()
  const device = new MemoryLogDevice(bucket, ({ n }) => fate(n))
  await Promise.race([live(device, witness, outside), died])
  expectFrozenBytes(device)
  return { bucket, witness, outside, device }
}

const never = new Promise<void>(() => {})

describe('crash matrix', async () => {
  const calls = (await run(() => null, never)).device.calls.length

  test('the scenario has snapshots, take-over and enough calls to be worth it', async () => {
    const { bucket, outside, device, witness } = await run(() => null, never)
    expect(calls).toBeGreaterThan(25)
    expect(outside.acknowledged).toHaveLength(9)
    expect(device.calls.filter(({ name }) => name === 'putSnapshot').length).toBeGreaterThanOrEqual(3)
    await expectNothingLost(bucket, witness, outside)
  })

  for (const fault of ['before', 'after'] as const)
    test(`any single call may fail ${fault} its effect: everybody is answered as if it had not`, async () => {
      for (let at = 1; at <= calls; at++) {
        const { bucket, outside, witness } = await run((n) => (n === at ? fault : null), never)
        expect(outside.acknowledged, `call ${at}`).toHaveLength(9)
        await expectNothingLost(bucket, witness, outside)
      }
    })

  for (const fault of ['dieBefore', 'dieAfter'] as const)
    test(`the process may die at any call (${fault}): the next owner has all that was acknowledged`, async () => {
      for (let at = 1; at <= calls; at++) {
        let die = () => {}
        const died = new Promise<void>((resolve) => (die = resolve))
        const { bucket, outside, witness } = await run((n) => {
          if (n < at) return null
          setImmediate(die)
          return n === at ? fault : 'dieBefore'
        }, died)
        await expectNothingLost(bucket, witness, outside)
      }
    })
})
