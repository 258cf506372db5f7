import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canAdvance, isSettled, OUTBOUND_STATUSES, type OutboundStatus } from './message-status.ts'

const status = fc.constantFrom(...OUTBOUND_STATUSES)

describe('message status', () => {
  it('evidence beats unknown and failed', () => {
    for (const from of ['unknown', 'failed'] as const)
      for (const to of ['sent', 'delivered', 'read', 'played'] as const) expect(canAdvance(from, to)).toBe(true)
  })

  it('any order of writes ends at the highest rank seen, and never moves back', () => {
    fc.assert(
      fc.property(fc.array(status.filter((s) => s !== 'canceled')), (writes) => {
        const walk = (order: OutboundStatus[]) =>
          order.reduce<OutboundStatus>((now, next) => (canAdvance(now, next) ? next : now), 'queued')
        expect(walk(writes)).toBe(walk([...writes].reverse()))
      }),
    )
  })

  it('canceled is reached only before sending and is final', () => {
    for (const from of OUTBOUND_STATUSES)
      expect(canAdvance(from, 'canceled')).toBe(from === 'queued' || from === 'scheduled')
    for (const to of OUTBOUND_STATUSES) expect(canAdvance('canceled', to)).toBe(false)
  })

  it('only scheduled, queued and sending are open', () => {
    expect(OUTBOUND_STATUSES.filter((s) => !isSettled(s))).toEqual(['scheduled', 'queued', 'sending'])
  })
})
