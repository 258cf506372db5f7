import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventIdOf, isId, messageIdOfKey, newId, shardOf, timeOfId } from './ids.ts'

const TENANT = 'ten_01JD000000000000000000000A'

describe('ids', () => {
  it('new ids are prefixed ULIDs that sort by time', () => {
    const [early, late] = [newId('msg', 1_000), newId('msg', 2_000)]
    expect(isId('msg', early)).toBe(true)
    expect(early < late).toBe(true)
    expect(timeOfId(late)).toBe(2_000)
  })

  it('the same idempotency key gives the same message, per tenant, mode and batch place', () => {
    const id = messageIdOfKey(TENANT, 'test', 'order-1')
    expect(messageIdOfKey(TENANT, 'test', 'order-1')).toBe(id)
    expect(isId('msg', id)).toBe(true)
    const others = [
      messageIdOfKey(TENANT, 'live', 'order-1'),
      messageIdOfKey(`${TENANT.slice(0, -1)}B`, 'test', 'order-1'),
      messageIdOfKey(TENANT, 'test', 'order-2'),
      messageIdOfKey(TENANT, 'test', 'order-1', 1),
    ]
    expect(new Set([id, ...others]).size).toBe(5)
  })

  it('event id and sequence are one to one within a session', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }), (a, b) => {
        expect(eventIdOf('ses_1', a, 5) === eventIdOf('ses_1', b, 5)).toBe(a === b)
      }),
    )
  })

  it('shards are stable and cover the range', () => {
    const seen = new Set(Array.from({ length: 500 }, (_, i) => shardOf(`id${i}`, 8)))
    expect(seen.size).toBe(8)
    expect(shardOf('x', 8)).toBe(shardOf('x', 8))
  })
})
