import { expect, test } from 'vitest'
import { proxyEventOf } from '../../lambdas/testing/proxy-event.ts'
import { basePathOf, locationFor } from './base-path.ts'

const event = (stage: string) => proxyEventOf(null, 'GET', '/v1/sessions', { stage })

test.each([
  ['API Gateway’s own address', '/v'],
  ['a name of one’s own', ''],
  ['a name of one’s own with a base path', '/whatsapp'],
])('what stands in front of our path, under %s', (_what, stage) => {
  expect(basePathOf(event(stage))).toBe(stage)
})

test('a gateway that does not say it, or says something else, has nothing in front', () => {
  const { requestContext, ...rest } = event('')
  expect(basePathOf({ ...rest, requestContext: { requestId: 'r' } })).toBe('')
  expect(basePathOf({ ...rest, requestContext: { ...requestContext, path: '/elsewhere' } })).toBe('')
})

test('only a Location of ours is completed', () => {
  expect(locationFor(event('/v'), { Location: '/v1/operations/op_1' })).toEqual({
    Location: '/v/v1/operations/op_1',
  })
  expect(locationFor(event('/v'), { Location: 'https://files.example.com/x' })).toEqual({})
  expect(locationFor(event('/v'), {})).toEqual({})
})
