import { expect, test } from 'vitest'
import { HelperError } from '../media/helper.ts'
import { MediaTries, troubleOf } from './media-tries.ts'

const HALF = 0.5

test('whose trouble it is: a full disk wherever it shows, our storage, or WhatsApp and the file itself', () => {
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  expect(troubleOf(full, true)).toBe('disk')
  expect(troubleOf(new HelperError('failed', 'no space left on device', 'ENOSPC'), false)).toBe('disk')
  expect(troubleOf(new HelperError('failed', 'the bucket is away', 'ECONNREFUSED'), false)).toBe('ours')
  expect(troubleOf(new HelperError('busy', 'too many'), false)).toBe('ours')
  expect(troubleOf(new Error('the table is away'), false)).toBe('ours')
  expect(troubleOf(new Error('the media host answered 503'), true)).toBe('theirs')
  expect(troubleOf(new HelperError('crashed', 'the helper ended'), false)).toBe('theirs')
  expect(troubleOf(null, false)).toBe('ours')
})

test('a file is given up for WhatsApp’s silence after some minutes, for trouble of our own never; each waits by itself', () => {
  const tries = new MediaTries()
  const waits = Array.from({ length: 8 }, () => tries.note('a', 'theirs', HALF))
  expect(waits.at(-1)).toBeNull()
  const waited = waits.reduce<number>((sum, ms) => sum + (ms ?? 0), 0)
  expect(waited).toBeGreaterThan(5 * 60_000)
  // An hour and more of our own trouble, five minutes apart at most.
  for (let n = 0; n < 500; n++) expect(tries.note('b', n % 2 ? 'disk' : 'ours', HALF)).toBeLessThanOrEqual(5 * 60_000)
  expect(tries.note('b', 'theirs', HALF)).not.toBeNull()
  expect(tries.waitMs('b')).toBeGreaterThan(0)
  expect(tries.waitMs('c')).toBe(0)
  tries.forget('b')
  expect(tries.waitMs('b')).toBe(0)
})
