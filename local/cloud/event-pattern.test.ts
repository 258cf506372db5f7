import { expect, it } from 'vitest'
import { matchesPattern } from './event-pattern.ts'

const event = {
  source: 'fleetline',
  'detail-type': 'message.received',
  detail: { tenantId: 'ten_1', size: 7, tags: ['a', 'b'], ip: '10.1.2.3', nothing: null },
}

it.each<[object, boolean]>([
  [{ source: ['fleetline'] }, true],
  [{ source: ['other'] }, false],
  [{ source: ['other', 'fleetline'], 'detail-type': [{ prefix: 'message.' }] }, true],
  [{ 'detail-type': [{ suffix: '.sent' }] }, false],
  [{ 'detail-type': [{ wildcard: 'mess*.rec*ed' }] }, true],
  [{ 'detail-type': [{ 'equals-ignore-case': 'MESSAGE.RECEIVED' }] }, true],
  [{ detail: { tenantId: [{ 'anything-but': ['ten_2'] }] } }, true],
  [{ detail: { tenantId: [{ 'anything-but': { prefix: 'ten_' } }] } }, false],
  [{ detail: { size: [{ numeric: ['>', 5, '<=', 7] }] } }, true],
  [{ detail: { size: [{ numeric: ['>', 7] }] } }, false],
  [{ detail: { tags: ['b'] } }, true],
  [{ detail: { tags: ['c'] } }, false],
  [{ detail: { absent: [{ exists: false }] } }, true],
  [{ detail: { tenantId: [{ exists: false }] } }, false],
  [{ detail: { nothing: [null] } }, true],
  [{ detail: { ip: [{ cidr: '10.1.0.0/16' }] } }, true],
  [{ detail: { ip: [{ cidr: '10.2.0.0/16' }] } }, false],
  [{ $or: [{ source: ['other'] }, { detail: { size: [7] } }] }, true],
  [{ detail: { tenantId: { deeper: ['x'] } } }, false],
])('%j → %s', (pattern, expected) => {
  expect(matchesPattern(pattern, event)).toBe(expected)
})

it('an operator that is not there fails loudly', () => {
  expect(() => matchesPattern({ source: [{ sounds: 'like' }] }, event)).toThrow(/not supported/)
})
