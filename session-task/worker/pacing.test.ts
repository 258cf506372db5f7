import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makePacer } from './pacing.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('however many come at once, one goes in each interval; an idle hour is no credit for a burst', async () => {
  const turn = makePacer(200)
  const startedAt = performance.now()
  const at: number[] = []
  const go = () => turn().then(() => void at.push(performance.now() - startedAt))
  const first = Array.from({ length: 300 }, go)
  await vi.advanceTimersByTimeAsync(60_000)
  await Promise.all(first)
  expect(at).toEqual(Array.from({ length: 300 }, (_, index) => index * 200))

  await vi.advanceTimersByTimeAsync(3_600_000)
  at.length = 0
  const later = [go(), go(), go()]
  await vi.advanceTimersByTimeAsync(1_000)
  await Promise.all(later)
  expect(at.map((ms) => ms - (at[0] ?? 0))).toEqual([0, 200, 400])
})
