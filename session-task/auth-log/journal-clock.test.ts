import { describe, expect, test } from 'vitest'
import { JournalClock } from './journal-clock.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { openMemoryLog } from './testing/open-memory-log.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** A clock whose wall can be set without its monotonic side knowing. */
class JumpingClock extends FakeClock {
  jumpMs = 0

  override now(): number {
    return super.now() + this.jumpMs
  }
}

const out = (messageId: string) => ({ t: 'out', messageId, whatsappId: `W${messageId}`, n: 1 }) as const
const sent = (messageId: string, sequence: number) =>
  ({ t: 'status', messageId, status: 'sent', sequence, eventId: `evt_${sequence}`, at: 1 }) as const

describe('a wall clock that jumps', () => {
  test.each([30 * DAY_MS, -30 * DAY_MS, 400 * DAY_MS])('by %i ms makes the log forget nothing', async (jumpMs) => {
    const clock = new JumpingClock()
    const { log, bucket } = await openMemoryLog({ clock })
    log.append([out('a'), sent('a', log.takeSequence())])
    clock.jumpMs = jumpMs
    log.append([out('b'), sent('b', log.takeSequence())])
    clock.jumpMs = 0
    await clock.advance(HOUR_MS)
    await log.durable(log.append([out('c'), sent('c', log.takeSequence())]))
    for (const name of ['a', 'b', 'c']) expect(log.state.messageIdOf(`W${name}`), name).toBe(name)
    // The next owner's clock may be the one that is wrong: behind what the log has seen.
    const late = new JumpingClock()
    late.jumpMs = -20 * DAY_MS
    const { log: next } = await openMemoryLog({ bucket, clock: late, epoch: 2 })
    next.append([out('d'), sent('d', next.takeSequence())])
    for (const name of ['a', 'b', 'c', 'd']) expect(next.state.messageIdOf(`W${name}`), name).toBe(name)
  })

  test('is told once, and believed again when it is right again', () => {
    const clock = new JumpingClock()
    const jumps: number[] = []
    const time = new JournalClock(clock, (jumpMs) => jumps.push(jumpMs))
    const start = clock.now()
    clock.jumpMs = 2 * DAY_MS
    expect([time.now(0), time.now(0)]).toEqual([start, start])
    clock.jumpMs = HOUR_MS
    expect(time.now(0)).toBe(start + HOUR_MS)
    expect(time.now(start + 5 * HOUR_MS)).toBe(start + 5 * HOUR_MS)
    expect(jumps).toEqual([2 * DAY_MS])
  })
})
