import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rankOf } from './message-status.ts'
import {
  type CountedEvent,
  type Counters,
  EMPTY_FOLD,
  ENDED_STATUSES,
  type EndedStatus,
  type FoldState,
  foldEvents,
  mergeCounters,
} from './usage-fold.ts'

const START = Date.parse('2026-11-21T23:00:00Z')
const types = ['session.connected', 'session.disconnected', 'session.loggedOut', 'message.sent', 'message.received']
const logs = fc
  .array(fc.record({ type: fc.constantFrom(...types), waitMs: fc.integer({ min: 0, max: 7_200_000 }) }), {
    maxLength: 60,
  })
  .map((steps) => {
    let at = START
    return steps.map(({ type, waitMs }, index): CountedEvent => {
      at += waitMs
      const message = type.startsWith('message') ? { direction: 'outbound', type: 'text', mediaBytes: 7 } : null
      return { sequence: index + 1, type, timestamp: at, message }
    })
  })

const total = (days: Record<string, Counters>): Counters =>
  Object.values(days).reduce<Counters>((sum, counters) => mergeCounters(sum, counters), {})

/** What a session's log says of one message, whatever comes in whatever order: a state that is not above the last is not said. */
const saidOf = (heard: readonly EndedStatus[]): readonly CountedEvent[] => {
  const said: CountedEvent[] = []
  let after: EndedStatus | null = null
  for (const name of heard) {
    if (after !== null && rankOf(name) <= rankOf(after)) continue
    const message = { direction: 'outbound', type: 'image', mediaBytes: 7, after }
    said.push({ sequence: said.length + 1, type: `message.${name}`, timestamp: START, message })
    after = name
  }
  return said
}

describe('folding the event log', () => {
  it('a message is counted once for every step that is proven, and once as paid, whichever reports were lost or late', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ENDED_STATUSES), { minLength: 1, maxLength: 8 }), (heard) => {
        const said = saidOf(heard)
        const counted = total(foldEvents(EMPTY_FOLD, said).days)
        const of = (outcome: string) => counted[`messages.outbound.image.${outcome}`] ?? 0
        const highest = Math.max(...heard.map(rankOf))
        for (const step of ['sent', 'delivered', 'read', 'played'] as const)
          expect(of(step)).toBe(highest >= rankOf(step) ? 1 : 0)
        for (const end of ['failed', 'unknown'])
          expect(of(end)).toBe(said.some(({ type }) => type.endsWith(end)) ? 1 : 0)
        expect(counted.mediaBytes ?? 0).toBe(of('sent') * 7)
        expect(of('sent') + of('failed') + of('unknown') - (counted['corrected.outbound'] ?? 0)).toBe(1)
      }),
      { numRuns: 500 },
    )
  })

  it('counts the same however the log is cut, and repeats count nothing', () => {
    fc.assert(
      fc.property(logs, fc.array(fc.nat({ max: 60 }), { maxLength: 8 }), (log, cuts) => {
        const whole = foldEvents(EMPTY_FOLD, log)
        let state: FoldState = EMPTY_FOLD
        let sum: Counters = {}
        for (const cut of [...cuts, log.length]) {
          // Every part begins at the start of the log again: a crash before the position was written.
          const part = foldEvents(state, log.slice(0, Math.max(cut, state.afterSequence)))
          state = part.state
          sum = mergeCounters(sum, total(part.days))
        }
        expect(state).toEqual(whole.state)
        expect(sum).toEqual(total(whole.days))
      }),
    )
  })

  it('never counts more connected time than passed, and splits it at midnight UTC', () => {
    fc.assert(
      fc.property(logs, (log) => {
        const { days } = foldEvents(EMPTY_FOLD, log)
        const passed = (log.at(-1)?.timestamp ?? START) - START
        expect(total(days).connectedMs ?? 0).toBeLessThanOrEqual(passed)
        for (const counters of Object.values(days)) expect(counters.connectedMs ?? 0).toBeLessThanOrEqual(86_400_000)
      }),
    )
    const at = (time: string) => Date.parse(`2026-11-${time}Z`)
    const log: CountedEvent[] = [
      { sequence: 1, type: 'session.connected', timestamp: at('21T23:00:00'), message: null },
      { sequence: 2, type: 'session.disconnected', timestamp: at('22T00:30:00'), message: null },
    ]
    expect(foldEvents(EMPTY_FOLD, log).days).toEqual({
      '2026-11-21': { connectedMs: 3_600_000 },
      '2026-11-22': { connectedMs: 1_800_000 },
    })
  })

  it('a worker that died without a word counts until the last event of the session', () => {
    const event = (sequence: number, type: string, timestamp: number): CountedEvent => ({
      sequence,
      type,
      timestamp,
      message: type === 'message.sent' ? { direction: 'outbound', type: 'text', mediaBytes: 0 } : null,
    })
    const { days, state } = foldEvents(EMPTY_FOLD, [
      event(1, 'session.connected', START),
      event(2, 'message.sent', START + 60_000),
      event(3, 'session.connected', START + 600_000),
    ])
    expect(total(days)).toEqual({ connectedMs: 60_000, 'messages.outbound.text.sent': 1 })
    expect(state.connectedSince).toBe(START + 600_000)
  })
})
