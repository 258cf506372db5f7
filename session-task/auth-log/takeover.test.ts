import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeAppend, encodeBody } from './append-text.ts'
import { sealEnvelope } from './envelope.ts'
import { openSessionLog } from './open-log.ts'
import { LogLostError, type SessionLog } from './session-log.ts'
import { InstantClock } from './testing/fake-clock.ts'
import { expectFrozenBytes, expectSoundLog, KeyWitness } from './testing/log-invariants.ts'
import { type Fault, MemoryBucket, MemoryLogDevice } from './testing/memory-log-device.ts'
import { openInput } from './testing/open-memory-log.ts'

// A run of unlucky faults must not look like S3 being away.
const LIMITS = { snapshotCommits: 4, storageTimeoutMs: 3_600_000 }

const turns = (count: number): Promise<void> =>
  count === 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(() => resolve(turns(count - 1))))

const openOn = (device: MemoryLogDevice, witness: KeyWitness, epoch: number) =>
  openSessionLog(openInput({ device, epoch, sessionKeyWrap: witness, clock: new InstantClock(), limits: LIMITS }))

/** Appends until it is told that it lost the log. @returns names that were acknowledged */
const writeUntilLost = async (log: SessionLog, owner: string, count: number): Promise<string[]> => {
  const acknowledged: string[] = []
  for (let i = 0; i < count; i++) {
    const name = `${owner}${i}`
    try {
      await log.durable(log.append([{ t: 'keys', set: { session: { [name]: 1 } } }]))
    } catch (error) {
      if (!(error instanceof LogLostError)) throw error
      expect(error.loss).toBe('fenced')
      return acknowledged
    }
    acknowledged.push(name)
  }
  return acknowledged
}

describe('take-over', () => {
  test('whatever the delays and lost answers, acknowledged appends of every owner survive and fences hold', async () => {
    const fault = fc.oneof(
      { weight: 6, arbitrary: fc.nat(4).map((count) => ({ turns: count })) },
      { weight: 1, arbitrary: fc.constantFrom('before' as const, 'after' as const) },
    )
    const plan = fc.array(fault, { minLength: 60, maxLength: 60 })
    const owner = fc.record({ startTurns: fc.nat(20), count: fc.integer({ min: 6, max: 14 }), plan })
    let fenced = 0
    await fc.assert(
      fc.asyncProperty(fc.array(owner, { minLength: 2, maxLength: 4 }), async (owners) => {
        const bucket = new MemoryBucket()
        const witness = new KeyWitness()
        const runs = await Promise.all(
          owners.map(async ({ startTurns, count, plan: fates }, index) => {
            const device = new MemoryLogDevice(bucket, ({ n }): Fault => {
              const fate = fates[n]
              return fate === undefined || typeof fate === 'string' ? (fate ?? null) : { wait: turns(fate.turns) }
            })
            await turns(index * 15 + startTurns)
            const opened = await openOn(device, witness, index + 1)
            const acknowledged = opened.ok ? await writeUntilLost(opened.log, `${index}-`, count) : []
            if (!opened.ok) expect(opened.reason).toBe('newerOwner')
            if (opened.ok && acknowledged.length < count) fenced++
            expectFrozenBytes(device)
            return acknowledged
          }),
        )
        const last = await openOn(new MemoryLogDevice(bucket), witness, 99)
        if (!last.ok) throw new Error(last.detail)
        for (const name of runs.flat()) expect(last.log.state.key('session', name), name).toBe(1)
        expectSoundLog(bucket, 'ses_test', witness)
      }),
      { numRuns: 300 },
    )
    expect(fenced, 'the race was met').toBeGreaterThan(60)
  })

  test('of two opens with one epoch only one gets the log', async () => {
    const bucket = new MemoryBucket()
    const opened = await Promise.all([1, 2, 3].map(() => openOn(new MemoryLogDevice(bucket), new KeyWitness(), 5)))
    expect(opened.filter(({ ok }) => ok)).toHaveLength(1)
  })

  test('what a zombie wrote behind a later owner is read by nobody', async () => {
    const bucket = new MemoryBucket()
    const witness = new KeyWitness()
    const first = await openOn(new MemoryLogDevice(bucket), witness, 1)
    const second = await openOn(new MemoryLogDevice(bucket), witness, 2)
    if (!first.ok || !second.ok) throw new Error('not opened')
    await second.log.durable(second.log.append([{ t: 'keys', set: { session: { a: 2 } } }]))
    const seq = bucket.segments.size + 1
    const append = encodeAppend(1, [{ t: 'keys', set: { session: { a: 1 } } }])
    const header = { v: 1, sessionId: 'ses_test', epoch: 1, openId: 'zombie', kind: 'segment', seq } as const
    bucket.segments.set(seq, sealEnvelope(witness.keys[0] ?? new Uint8Array(), header, encodeBody([append])))
    const third = await openOn(new MemoryLogDevice(bucket), witness, 3)
    if (!third.ok) throw new Error(third.detail)
    expect(third.log.state.key('session', 'a')).toBe(2)
    await third.log.durable(third.log.append([{ t: 'keys', set: { session: { b: 3 } } }]))
    expect([...bucket.segments.keys()].at(-1)).toBe(seq + 2)
  })

  test('an open whose HEAD was claimed again while it fenced is refused', async () => {
    const bucket = new MemoryBucket()
    const witness = new KeyWitness()
    let goOn = () => {}
    const fenced = new Promise<void>((resolve) => (goOn = resolve))
    const newer = new MemoryLogDevice(bucket, ({ name }) => (name === 'listSegments' ? { wait: fenced } : null))
    const older = new MemoryLogDevice(bucket)
    await openOn(new MemoryLogDevice(bucket), witness, 1)
    let newerOpen: ReturnType<typeof openOn> | undefined
    older.onCall = ({ name }) => {
      if (name !== 'putSegment') return null
      newerOpen = openOn(newer, witness, 3)
      return { wait: turns(10) }
    }
    const refused = await openOn(older, witness, 2)
    goOn()
    expect(refused).toMatchObject({ ok: false, reason: 'newerOwner', headEpoch: 3 })
    expect(await newerOpen).toMatchObject({ ok: true })
    expectSoundLog(bucket, 'ses_test', witness)
  })

  test('a put that was under way while the next owner opened is either read by him or refused', async () => {
    for (const heldName of ['before the fence', 'after the fence']) {
      const bucket = new MemoryBucket()
      const witness = new KeyWitness()
      let letGo = () => {}
      const held = new Promise<void>((resolve) => (letGo = resolve))
      const slow = new MemoryLogDevice(bucket, ({ name }) => (name === 'putSegment' && holding ? { wait: held } : null))
      let holding = false
      const first = await openOn(slow, witness, 1)
      if (!first.ok) throw new Error(first.detail)
      holding = true
      const acknowledged = writeUntilLost(first.log, 'a', 1)
      // The next owner stops right before its fence, or goes through.
      const second = new MemoryLogDevice(bucket, ({ name }) => {
        if (name !== 'putSegment' || heldName !== 'before the fence') return null
        letGo()
        return { wait: acknowledged }
      })
      const opened = await openOn(second, witness, 2)
      letGo()
      if (!opened.ok) throw new Error(opened.detail)
      const survived = (await acknowledged).includes('a0')
      expect(survived).toBe(heldName === 'before the fence')
      expect(opened.log.state.key('session', 'a0')).toBe(survived ? 1 : undefined)
      expectSoundLog(bucket, 'ses_test', witness)
    }
  })
})
