import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NEW_PACING, newChatsPerDay, type PacingPolicy, type PacingRequest, pace } from './pacing.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const NOON = Date.UTC(2026, 10, 21, 12)

const request = (more: Partial<PacingRequest> = {}): PacingRequest => ({
  settings: { policy: 'human', quietHours: null },
  state: NEW_PACING,
  seed: 'ses_1',
  chat: 'a',
  isNewChat: false,
  linkedAt: null,
  newChatsFrom: 0,
  now: NOON,
  ...more,
})

/** Sends a list of chats as fast as it may. @returns when each went, and why it waited before */
const run = (chats: readonly string[], more: Partial<PacingRequest> = {}) => {
  let now = more.now ?? NOON
  let state = NEW_PACING
  const sent: { chat: string; at: number; waits: string[] }[] = []
  for (const chat of chats) {
    const waits: string[] = []
    for (;;) {
      const answer = pace(request({ ...more, chat, state, now }))
      if (answer.admitted) {
        state = answer.state
        sent.push({ chat, at: now, waits })
        break
      }
      expect(answer.notBefore).toBeGreaterThan(now)
      waits.push(answer.because)
      now = answer.notBefore
    }
  }
  return { sent, state }
}

const chats = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1, maxLength: 60 })
const policy = fc.constantFrom<PacingPolicy>('human', 'steady')

describe('pacing', () => {
  test('whatever is sent to whom, the same recipient waits at least its gap, and the account its rate after a burst', () => {
    fc.assert(
      fc.property(chats, policy, fc.string(), (list, chosen, seed) => {
        const { sent } = run(list, { settings: { policy: chosen, quietHours: null }, seed })
        const [chatGapMs, gapMs] = chosen === 'human' ? [3_000, 1_500] : [1_000, 1_000]
        for (const [index, one] of sent.entries()) {
          const before = sent.slice(0, index).findLast(({ chat }) => chat === one.chat)
          if (before) expect(one.at - before.at).toBeGreaterThanOrEqual(chatGapMs)
          // never more than the burst and what the time since then is worth
          for (const earlier of sent.slice(0, index)) {
            const between = sent.filter(({ at }) => at >= earlier.at && at < one.at).length
            expect(between).toBeLessThanOrEqual(5 + Math.ceil((one.at - earlier.at) / gapMs) + 4)
          }
        }
      }),
    )
  })

  test('over a long run a human account sends between one per 4 s and one per 1.5 s', () => {
    const list = Array.from({ length: 400 }, (_, index) => `chat ${index}`)
    const { sent } = run(list)
    const perMessageMs = ((sent.at(-1)?.at ?? 0) - NOON) / (list.length - 5)
    expect(perMessageMs).toBeGreaterThan(1_500)
    expect(perMessageMs).toBeLessThan(4_000)
    const gaps = new Set(sent.slice(10).map(({ at }, index) => at - (sent[index + 9]?.at ?? 0)))
    expect(gaps.size).toBeGreaterThan(100)
  })

  test('the same seed gives the same times, another seed others', () => {
    const list = ['a', 'b', 'c', 'd', 'e', 'f', 'a', 'b', 'c']
    expect(run(list, { seed: 'x' }).sent).toEqual(run(list, { seed: 'x' }).sent)
    expect(run(list, { seed: 'x' }).sent).not.toEqual(run(list, { seed: 'y' }).sent)
  })

  test('none holds back nothing, except new chats that WhatsApp does not allow', () => {
    const settings = { policy: 'none' as const, quietHours: { fromMinute: 0, toMinute: 1_439, utcOffsetMinutes: 0 } }
    const list = Array.from({ length: 1_000 }, () => 'a')
    expect(run(list, { settings }).sent.every(({ at }) => at === NOON)).toBe(true)
    expect(pace(request({ settings, isNewChat: true, newChatsFrom: NOON + 1 }))).toEqual({
      admitted: false,
      notBefore: NOON + 1,
      because: 'restriction',
    })
    expect(pace(request({ settings, newChatsFrom: NOON + 1 })).admitted).toBe(true)
  })

  test('quiet hours hold everything until their end, also over midnight and in other time zones', () => {
    const quiet = (fromMinute: number, toMinute: number, utcOffsetMinutes: number, now: number) =>
      pace(request({ now, settings: { policy: 'steady', quietHours: { fromMinute, toMinute, utcOffsetMinutes } } }))
    // 22:00 to 07:00 in São Paulo, UTC-3
    const night = [22 * 60, 7 * 60, -180] as const
    expect(quiet(...night, Date.UTC(2026, 10, 22, 0, 59)).admitted).toBe(true)
    const sevenInBrazil = Date.UTC(2026, 10, 22, 10)
    for (const now of [Date.UTC(2026, 10, 22, 1), Date.UTC(2026, 10, 22, 4), sevenInBrazil - 1])
      expect(quiet(...night, now)).toEqual({ admitted: false, notBefore: sevenInBrazil, because: 'quietHours' })
    expect(quiet(...night, sevenInBrazil).admitted).toBe(true)
    expect(quiet(600, 600, 0, Date.UTC(2026, 10, 22, 10)).admitted).toBe(true)
  })

  test('quiet hours end within a day, and are over when they end', () => {
    const minute = fc.nat(1_439)
    fc.assert(
      fc.property(
        minute,
        minute,
        fc.integer({ min: -720, max: 840 }),
        fc.nat(2 * DAY_MS),
        (from, to, offset, later) => {
          const settings = {
            policy: 'steady' as const,
            quietHours: { fromMinute: from, toMinute: to, utcOffsetMinutes: offset },
          }
          const answer = pace(request({ settings, now: NOON + later }))
          if (answer.admitted) return
          expect(answer.notBefore - (NOON + later)).toBeLessThanOrEqual(DAY_MS)
          expect(pace(request({ settings, now: answer.notBefore })).admitted).toBe(true)
        },
      ),
    )
  })

  test('a new number opens 20 chats a day, then half as many again each day, up to 200; known chats are free', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 30].map((day) => newChatsPerDay(day * DAY_MS))).toEqual([
      20, 20, 20, 30, 45, 67, 101, 151, 200, 200, 200,
    ])
    const list = Array.from({ length: 21 }, (_, index) => `new ${index}`)
    const { sent, state } = run(list, { isNewChat: true, linkedAt: NOON })
    expect(sent.slice(0, 20).every(({ at }) => at < NOON + DAY_MS / 2)).toBe(true)
    expect(sent[20]).toMatchObject({ at: NOON + DAY_MS / 2, waits: ['warmUp'] })
    expect(state).toMatchObject({ day: '2026-11-22', newChats: 1 })
    expect(run(list, { linkedAt: NOON }).sent.at(-1)?.waits).not.toContain('warmUp')
  })
})
