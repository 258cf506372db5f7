import fc from 'fast-check'
import { expect, test } from 'vitest'
import { estimateCost } from './estimate.ts'
import { readOptions } from './options.ts'

const input = readOptions(['--sessions', '10000', '--messages-per-day', '1e6'])!.input

test('the parts add up, and more of anything never costs less', () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.nat(10_000_000), fc.nat(10_000), (sessions, messagesPerDay, more) => {
      const { lines, usdPerMonth } = estimateCost({ ...input, sessions, messagesPerDay })
      expect(lines.reduce((sum, line) => sum + line.usdPerMonth, 0)).toBeCloseTo(usdPerMonth, 6)
      const bigger = estimateCost({ ...input, sessions: sessions + more, messagesPerDay: messagesPerDay + more })
      expect(bigger.usdPerMonth).toBeGreaterThanOrEqual(usdPerMonth)
    }),
  )
})

test('workers hold the sessions and the headroom, and there are two from the first session on', () => {
  expect(estimateCost({ ...input, sessions: 1 }).workers).toBe(2)
  expect(estimateCost(input).workers).toBe(Math.ceil((10_000 * 1.15) / 200))
  expect(estimateCost({ ...input, sessions: 0 })).toMatchObject({ workers: 0, usdPerSession: 0 })
})

test('wrong options are refused with their names', () => {
  expect(() => readOptions(['--messages-per-day', '1'])).toThrow('sessions')
  expect(() => readOptions(['--sessions', '1', '--messages-per-day', '1', '--outbound-share', '2'])).toThrow(
    'outbound-share',
  )
  expect(() => readOptions(['--sessions', '1', '--messages-per-day', '1', '--sesions', '2'])).toThrow('sesions')
})
