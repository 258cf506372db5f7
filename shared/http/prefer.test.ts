import { expect, it } from 'vitest'
import { parsePreferWait } from './prefer.ts'

it.each([
  [null, 8, null],
  ['wait=3', 3, 'wait=3'],
  ['return=minimal, Wait = "5"', 5, 'wait=5'],
  ['wait=600', 20, 'wait=20'],
  ['wait=0', 0, 'wait=0'],
  ['respond-async', 0, 'respond-async'],
  ['respond-async, wait=2', 2, 'wait=2'],
  ['wait=-1', 8, null],
  ['wait=soon', 8, null],
  ['nonsense', 8, null],
])('Prefer: %s waits %d s', (header, waitSeconds, applied) => {
  expect(parsePreferWait(header)).toEqual({ waitSeconds, applied })
})
