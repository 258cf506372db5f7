import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fullBucket, takeTokens } from './connect-pace.ts'

test('however often it is asked, a bucket grants no more than its burst and its rate', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ wait: fc.nat(3_000), wanted: fc.nat(20) }), { maxLength: 50 }), (asks) => {
      let bucket = fullBucket(5, 0)
      let now = 0
      let granted = 0
      for (const { wait, wanted } of asks) {
        now += wait
        const taken = takeTokens(bucket, { wanted, now, perSecond: 5, burst: 5 })
        bucket = taken.bucket
        granted += taken.granted
      }
      expect(granted).toBeLessThanOrEqual(5 + (now * 5) / 1000)
    }),
  )
})

test('a clock that goes back grants nothing new', () => {
  const { bucket } = takeTokens(fullBucket(5, 1_000), { wanted: 5, now: 1_000, perSecond: 5, burst: 5 })
  expect(takeTokens(bucket, { wanted: 1, now: 0, perSecond: 5, burst: 5 }).granted).toBe(0)
})
