import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { openSessionLog } from '../../auth-log/open-log.ts'
import { LogLostError } from '../../auth-log/session-log.ts'
import { expectFrozenBytes, expectSoundLog, KeyWitness } from '../../auth-log/testing/log-invariants.ts'
import { MemoryBucket, MemoryLogDevice } from '../../auth-log/testing/memory-log-device.ts'
import { openInput } from '../../auth-log/testing/open-memory-log.ts'

const RUNS = Number(process.env.SCHEDULES ?? 200)
const EPOCHS = [1, 2, 3]
const RECORDS_EACH = 3
const SESSION = 'ses_schedules'

/** An owner that opens and encrypts: each counter comes from what it read, and goes out when its record is durable. */
const own = async (epoch: number, bucket: MemoryBucket, witness: KeyWitness, scheduler: fc.Scheduler) => {
  const device = new MemoryLogDevice(bucket, ({ name }) => ({
    wait: scheduler.schedule(Promise.resolve(), `epoch ${epoch}: ${name}`),
  }))
  const frames: number[] = []
  const opened = await openSessionLog(openInput({ device, epoch, sessionId: SESSION, sessionKeyWrap: witness }))
  if (opened.ok) {
    const { log } = opened
    try {
      for (let sent = 0; sent < RECORDS_EACH; sent++) {
        const counter = Number(log.state.key('session', 'chain') ?? 0) + 1
        await log.durable(log.append([{ t: 'keys', set: { session: { chain: counter } } }]))
        frames.push(counter)
      }
    } catch (error) {
      if (!(error instanceof LogLostError)) throw error
    }
    log.abandon()
  }
  expectFrozenBytes(device)
  return { epoch, frames, isOpen: opened.ok }
}

test('owners of several epochs that open one log at once: it stays sound, and no counter goes out twice', {
  timeout: 120_000,
}, async () => {
  const wins = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const bucket = new MemoryBucket()
      const witness = new KeyWitness()
      const owners = await scheduler.waitFor(Promise.all(EPOCHS.map((epoch) => own(epoch, bucket, witness, scheduler))))
      const frames = owners.flatMap((owner) => owner.frames)
      expect(new Set(frames).size, 'a ratchet turned twice').toBe(frames.length)
      const state = expectSoundLog(bucket, SESSION, witness)
      expect(Number(state.keys.get('session')?.get('chain') ?? 0)).toBeGreaterThanOrEqual(Math.max(0, ...frames))
      // The highest epoch is never refused by a lower one, and writes all it wants.
      expect(owners.at(-1)).toMatchObject({ isOpen: true, frames: { length: RECORDS_EACH } })
      wins.add(owners.map((owner) => owner.frames.length).join())
    }),
    { numRuns: RUNS },
  )
  // Otherwise the schedules were all of one kind and prove nothing.
  expect(wins.size).toBeGreaterThan(1)
})
