import { expect, test } from 'vitest'
import { afterLimit, afterRefusal } from './new-chat-restriction.ts'

const HOUR_MS = 3_600_000
const lock = (isActive: boolean, until: number | null = null) => ({ code: 'reachout_timelock', isActive, until })

test('a refusal holds new chats for a day, a second one does not prolong it', () => {
  const first = afterRefusal(null, 1_000)
  expect(first).toEqual({ code: 'new_chats_refused', until: 1_000 + 24 * HOUR_MS, since: 1_000 })
  expect(afterRefusal(first, 2_000)).toBe(first)
  expect(afterRefusal(first, first.until).since).toBe(first.until)
})

test('what WhatsApp says replaces the guess, in both directions', () => {
  const guess = afterRefusal(null, 0)
  expect(afterLimit(guess, lock(true, 5 * HOUR_MS), 1)).toEqual({
    code: 'reachout_timelock',
    until: 5 * HOUR_MS,
    since: 0,
  })
  expect(afterLimit(guess, lock(false), 1)).toEqual({ ...guess, until: HOUR_MS })
  expect(afterLimit(null, lock(true), 7)?.until).toBe(7 + 24 * HOUR_MS)
})

test('the end of a lock lifts that lock and no other', () => {
  const locked = afterLimit(null, lock(true, HOUR_MS), 0)
  expect(afterLimit(locked, lock(true, HOUR_MS), 1)).toBe(locked)
  expect(afterLimit(locked, lock(false), 1)).toBeNull()
  const capped = afterLimit(null, { code: 'new_chat_cap', isActive: true, until: HOUR_MS }, 0)
  expect(afterLimit(capped, lock(false), 1)).toBe(capped)
  expect(afterLimit(capped, lock(false), HOUR_MS)).toBeNull()
})
