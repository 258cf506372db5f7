import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StorageAwayError } from './log-context.ts'
import { openSessionLog } from './open-log.ts'
import { LogLostError } from './session-log.ts'
import { InstantClock } from './testing/fake-clock.ts'
import { expectFrozenBytes, KeyWitness } from './testing/log-invariants.ts'
import { type Fault, MemoryBucket, MemoryLogDevice } from './testing/memory-log-device.ts'
import { openInput } from './testing/open-memory-log.ts'

const RUNS = Number(process.env.FLEETLINE_LONG_RUNS ?? 20_000)
const HOUR_MS = 3_600_000

const owner = fc.record({
  appends: fc.nat(12),
  /** the process dies at this call; above the number of calls: it lives */
  diesAt: fc.integer({ min: 1, max: 60 }),
  fate: fc.constantFrom('dieBefore' as const, 'dieAfter' as const),
  transient: fc.array(fc.option(fc.constantFrom('before' as const, 'after' as const), { freq: 6 }), {
    minLength: 30,
    maxLength: 30,
  }),
  closes: fc.boolean(),
  /** hours until the next owner: clean-up happens in some of them */
  hours: fc.integer({ min: 0, max: 60 }),
  /** goes on writing after the next owner opened */
  isZombie: fc.boolean(),
})

describe('session log, many lives', () => {
  test('no acknowledged append is lost through deaths, lost answers, zombies, snapshots and clean-up', async () => {
    const met = { deaths: 0, cleanUps: 0, fenced: 0, snapshots: 0, storageAway: 0 }
    const seed = Date.now() % 2 ** 31
    console.log(`seed ${seed}, ${RUNS} runs`)
    await fc.assert(
      fc.asyncProperty(fc.array(owner, { minLength: 2, maxLength: 6 }), async (owners) => {
        const bucket = new MemoryBucket()
        const witness = new KeyWitness()
        const clock = new InstantClock()
        const acknowledged: string[] = []
        const zombies: (() => Promise<void>)[] = []
        const writeLate = (write: () => Promise<void>): Promise<void> =>
          write().catch((error: unknown) => {
            if (!(error instanceof LogLostError)) throw error
            met[error.loss === 'fenced' ? 'fenced' : 'storageAway']++
          })
        for (const [index, life] of owners.entries()) {
          let die = () => {}
          const death = new Promise<'died'>((resolve) => (die = () => resolve('died')))
          const device = new MemoryLogDevice(bucket, ({ n }): Fault => {
            if (n < life.diesAt) return life.transient[n] ?? null
            setImmediate(die)
            return n === life.diesAt ? life.fate : 'dieBefore'
          })
          let zombie: (() => Promise<void>) | undefined
          const live = async () => {
            const opened = await openSessionLog(
              openInput({ device, epoch: index + 1, clock, sessionKeyWrap: witness, limits: { snapshotCommits: 3 } }),
            )
            if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`)
            const { log } = opened
            const write = async (name: string) => {
              await log.durable(log.append([{ t: 'keys', set: { session: { [name]: 1 } } }]))
              acknowledged.push(name)
            }
            for (let i = 0; i < life.appends; i++) await write(`${index}-${i}`)
            if (life.isZombie)
              zombie = () => Promise.race([death.then(() => {}), writeLate(() => write(`${index}-zombie`))])
            else if (life.closes) await log.close()
            return 'lived' as const
          }
          try {
            if ((await Promise.race([live(), death])) === 'died') met.deaths++
          } catch (error) {
            const isAway =
              error instanceof StorageAwayError || (error instanceof LogLostError && error.loss === 'storage')
            if (!isAway) throw error
            met.storageAway++
          }
          // Those of earlier lives write once more behind the fence of this one.
          for (const writeOnce of zombies.splice(0)) await writeOnce()
          if (zombie) zombies.push(zombie)
          expectFrozenBytes(device)
          await clock.sleep(life.hours * HOUR_MS)
        }
        if (bucket.segments.size > 0 && !bucket.segments.has(1)) met.cleanUps++
        met.snapshots += bucket.snapshots.size
        const last = await openSessionLog(
          openInput({ device: new MemoryLogDevice(bucket), epoch: 99, clock, sessionKeyWrap: witness }),
        )
        if (!last.ok) throw new Error(`${last.reason}: ${last.detail}`)
        for (const name of acknowledged) expect(last.log.state.key('session', name), name).toBe(1)
      }),
      { numRuns: RUNS, seed },
    )
    console.log(met)
    for (const [what, count] of Object.entries(met)) expect(count, what).toBeGreaterThan(0)
  })
})
