import { expect, test } from 'vitest'
import { basePathOf, locationFor } from './base-path.ts'
import type { ProxyEvent } from './gateway.ts'
import { proxyEventOf } from './testing/proxy-event.ts'

const event = (seenPath?: string): ProxyEvent => {
  const made = proxyEventOf(null, 'GET', '/v1/sessions', {})
  return { ...made, requestContext: { ...made.requestContext, ...(seenPath ? { path: seenPath } : {}) } }
}

test.each([
  ['API Gateway’s own address', '/v/v1/sessions', '/v'],
  ['a name of one’s own', '/v1/sessions', ''],
  ['a name of one’s own with a base path', '/whatsapp/v1/sessions', '/whatsapp'],
  ['an emulator that does not say it', undefined, ''],
  ['something else', '/elsewhere', ''],
])('the path in front of ours, under %s', (_what, seenPath, base) => {
  expect(basePathOf(event(seenPath))).toBe(base)
})

test('a Location leads back to the API from where the caller is', () => {
  expect(locationFor(event('/v/v1/sessions'), { Location: '/v1/operations/op_1' })).toEqual({
    Location: '/v/v1/operations/op_1',
  })
  expect(locationFor(event('/v1/sessions'), { Location: '/v1/operations/op_1' })).toEqual({
    Location: '/v1/operations/op_1',
  })
  expect(locationFor(event('/v/v1/sessions'), { Location: 'https://files.example.com/x' })).toEqual({})
  expect(locationFor(event('/v/v1/sessions'), {})).toEqual({})
})
