import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const root = join(import.meta.dirname, '../..')

test('cdk commands bundle the lambdas first: they work on a clone where nothing was built', () => {
  const { build } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { build?: string }
  const script = build?.split(' ').at(-1) ?? ''
  expect(script).toMatch(/build/)
  expect(existsSync(join(root, script))).toBe(true)
})
