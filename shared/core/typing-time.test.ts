import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { typingMsOf } from './typing-time.ts'

it('takes 1 to 6 seconds, 30 to 60 ms a character in between, and always the same for the same message', () => {
  fc.assert(
    fc.property(fc.nat({ max: 70_000 }), fc.string(), (characters, seed) => {
      const ms = typingMsOf(characters, seed)
      expect(ms).toBeGreaterThanOrEqual(Math.max(1_000, Math.min(characters * 30, 6_000)))
      expect(ms).toBeLessThanOrEqual(Math.min(6_000, Math.max(characters * 60, 1_000)))
      expect(typingMsOf(characters, seed)).toBe(ms)
    }),
  )
})

it('differs between messages', () => {
  const times = new Set(Array.from({ length: 50 }, (_, n) => typingMsOf(60, `msg_${n}`)))
  expect(times.size).toBeGreaterThan(40)
})
