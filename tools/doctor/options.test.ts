import { expect, test } from 'vitest'
import { readOptions } from './options.ts'

test('an API with its key, or an account by its prefix, is enough', () => {
  expect(readOptions(['--url', 'https://api.example.com'], 'flk_admin_x')).toEqual({
    api: { url: 'https://api.example.com', adminKey: 'flk_admin_x' },
    prefix: null,
    secretId: null,
    sessions: null,
  })
  expect(readOptions(['--prefix', 'fleetline-prod-c1', '--sessions', '500'], undefined)).toMatchObject({
    api: null,
    prefix: 'fleetline-prod-c1',
    sessions: 500,
  })
  expect(readOptions(['--help'], undefined)).toBeNull()
})

test.each([
  ['nothing to look at', [], undefined, '--prefix'],
  ['no key', ['--url', 'https://api.example.com'], undefined, 'FLEETLINE_ADMIN_KEY'],
  ['an empty key', ['--url', 'https://api.example.com'], '', 'FLEETLINE_ADMIN_KEY'],
  ['half an address', ['--url', 'api.example.com'], 'flk_admin_x', 'api.example.com'],
  ['sessions in words', ['--prefix', 'x', '--sessions', 'many'], undefined, 'many'],
  ['no sessions', ['--prefix', 'x', '--sessions', '0'], undefined, '--sessions'],
  ['a typing error', ['--prefx', 'x'], undefined, 'prefx'],
] as const)('%s is told by its name', (_, args, key, word) => {
  expect(() => readOptions(args, key)).toThrow(word)
})
