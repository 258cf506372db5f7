import { globSync } from 'node:fs'
import { expect, test } from 'vitest'
import { NOT_APPLICABLE, SUITES } from './suites.ts'

test('every end-to-end suite is run on the second emulator, or has a reason why not', () => {
  const known = [...SUITES, ...Object.keys(NOT_APPLICABLE)].sort()
  expect(known).toEqual(globSync('e2e/**/*.test.ts').sort())
})
