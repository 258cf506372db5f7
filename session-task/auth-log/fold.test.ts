import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeAppend, encodeAppend } from './append-text.ts'
import { emptyFold, fold } from './fold.ts'
import type { FoldedLog } from './folded-log.ts'
import { isLinked, viewOf } from './log-state.ts'
import type { InboundRecord, LogRecord } from './records.ts'
import { decodeSnapshot, encodeSnapshot } from './snapshot-text.ts'

const DAY_MS = 24 * 3_600_000

const inbound = (hash: string, sequence: number | null, overrides: Partial<InboundRecord> = {}): InboundRecord => ({
  t: 'in',
  sequence,
  eventId: sequence === null ? null : `evt_${sequence}`,
  at: 1,
  event: null,
  ciphertextHash: hash,
  identityHash: `identity ${hash}`,
  plaintext: `plaintext ${hash}`,
  stanza: '',
  tries: 0,
  ...overrides,
})

const foldAll = (records: readonly LogRecord[], state = emptyFold(), at = 1): FoldedLog => {
  for (const record of records) fold(state, record, at)
  return state
}

describe('fold', () => {
  const small = fc.constantFrom('a', 'b', '1', '2', '__proto__', 'tab\tline\n')
  const value = fc.oneof(fc.constant(null), fc.jsonValue())
  const sequence = fc.integer({ min: 1, max: 30 })
  const sequenced = <T extends string>(t: T) =>
    fc.record({ t: fc.constant(t), messageId: small, sequence }).map((record) => ({
      ...record,
      eventId: `evt_${record.sequence}`,
      at: 1,
    }))
  const record = fc.oneof(
    fc.dictionary(small, fc.dictionary(small, value)).map((set) => ({ t: 'keys', set })),
    fc.jsonValue().map((creds) => ({ t: 'creds', creds })),
    fc.tuple(small, fc.option(sequence)).map(([hash, n]) => inbound(hash, n)),
    fc
      .tuple(small, small, fc.boolean())
      .map(([hash, messageKey, isUnfinished]) => inbound(hash, null, { messageKey, isUnfinished })),
    small.map((messageKey) => ({ t: 'undecrypted', at: 1, messageKey, attributes: {}, reason: 'other' })),
    fc.array(small).map((ciphertextHashes) => ({ t: 'finished', ciphertextHashes })),
    sequenced('note').map((base) => ({ ...base, eventType: 'group.updated', identityHash: base.messageId, data: {} })),
    fc.tuple(small, fc.nat(4)).map(([messageId, n]) => ({ t: 'out', messageId, whatsappId: `W${messageId}`, n })),
    fc
      .tuple(sequenced('status'), fc.constantFrom('sent', 'delivered', 'read', 'played'))
      .map(([base, status]) => ({ ...base, status })),
    sequenced('fail'),
    sequenced('unknown'),
    fc.tuple(small, fc.option(fc.jsonValue())).map(([operationId, result]) => ({
      t: 'op',
      operationId,
      end: result === null ? null : { result },
    })),
    sequence.map((upTo) => ({ t: 'done', upTo })),
    fc
      .tuple(sequence, fc.nat(3), fc.boolean())
      .map(([from, more, alone]) => ({ t: 'mark', from, upTo: from + more, alone })),
    fc.constant({ t: 'fence', epoch: 1 }),
    fc.record({ t: fc.constant('from a newer version'), n: fc.nat() }),
  ) as fc.Arbitrary<LogRecord>
  const append = fc.record({ at: fc.nat(40).map((days) => days * DAY_MS), records: fc.array(record, { maxLength: 4 }) })

  const foldAppends = (appends: readonly { at: number; records: LogRecord[] }[], state = emptyFold()): FoldedLog => {
    for (const { at, records } of appends) foldAll(decodeAppend(encodeAppend(at, records)).records, state, at)
    return state
  }

  test('fold(snapshot, tail) = fold(genesis, all), wherever the snapshot is taken', () => {
    fc.assert(
      fc.property(fc.array(append, { maxLength: 30 }), fc.nat(30), (appends, cut) => {
        const whole = foldAppends(appends)
        const snapshot = encodeSnapshot(foldAppends(appends.slice(0, cut)))
        const resumed = foldAppends(appends.slice(cut), decodeSnapshot(snapshot))
        expect(encodeSnapshot(resumed)).toBe(encodeSnapshot(whole))
        // Not by the text alone: what the text leaves out would be missing on both sides.
        expect(resumed).toEqual(whole)
      }),
      { numRuns: 500 },
    )
  })

  test('what is done does not come back, and frames are never counted down', () => {
    const state = foldAll([inbound('h', 1), { t: 'done', upTo: 1 }, inbound('h', 1)])
    expect(viewOf(state).undone()).toEqual([])
    const out = { t: 'out', messageId: 'm', whatsappId: 'W' } as const
    foldAll(
      [
        { ...out, n: 3 },
        { ...out, n: 2 },
      ],
      state,
    )
    expect(viewOf(state).out('m')?.frames).toBe(3)
  })

  test('a key that was set to null or undefined is gone, and nobody changes state through what he read', () => {
    const state = emptyFold()
    const set = (values: Record<string, unknown>) => {
      const records = decodeAppend(encodeAppend(1, [{ t: 'keys', set: { session: values } }])).records
      foldAll(records, state)
    }
    set({ a: { n: 1 }, b: { n: 2 }, c: 3 })
    set({ a: null, b: undefined })
    const view = viewOf(state)
    expect([view.key('session', 'a'), view.key('session', 'b'), view.key('session', 'c')]).toEqual([
      undefined,
      undefined,
      3,
    ])
    set({ d: { n: 1 } })
    ;(view.key('session', 'd') as { n: number }).n = 2
    expect(view.key('session', 'd')).toEqual({ n: 1 })
  })

  test('a redelivery gets its plaintext until it is done, and is known afterwards', () => {
    const state = foldAll([inbound('h', 1), inbound('silent', null)])
    const view = viewOf(state)
    expect(view.inboundByCiphertext('h')).toMatchObject({ plaintext: 'plaintext h', sequence: 1 })
    expect(view.inboundByCiphertext('silent')).toEqual({ plaintext: null })
    foldAll([inbound('h', 1, { tries: 1 })], state)
    expect(view.inboundByCiphertext('h')).toMatchObject({ tries: 1 })
    expect(view.undone()).toHaveLength(1)
    foldAll([{ t: 'done', upTo: 1 }], state)
    expect(view.inboundByCiphertext('h')).toEqual({ plaintext: null })
    expect(view.inboundByCiphertext('other')).toBeUndefined()
    expect(encodeSnapshot(state)).not.toContain('plaintext h')
  })

  test('identities are kept 14 days and at least 5,000, never above 100,000', () => {
    const state = emptyFold()
    for (let n = 0; n < 6_000; n++) fold(state, inbound(`old ${n}`, null), 0)
    expect(viewOf(state).hasIdentity('identity old 0')).toBe(true)
    fold(state, inbound('new', null), 15 * DAY_MS)
    expect(state.identities.size).toBe(5_000)
    expect(viewOf(state).hasIdentity('identity old 1001')).toBe(true)
    for (let n = 0; n < 100_100; n++) fold(state, inbound(`burst ${n}`, null), 15 * DAY_MS)
    expect([state.identities.size, state.ciphertexts.size]).toEqual([100_000, 100_000])
    expect(viewOf(state).hasIdentity('identity burst 100099')).toBe(true)
  })

  test('an outbound message is kept until settled, then 14 days; evidence beats a guess, never the reverse', () => {
    const state = emptyFold()
    const view = viewOf(state)
    const base = { messageId: 'm', eventId: 'e', at: 1 }
    fold(state, { t: 'out', messageId: 'm', whatsappId: 'W', n: 1 }, 0)
    fold(state, { t: 'done', upTo: 0 }, 60 * DAY_MS)
    expect(view.out('m')).toMatchObject({ frames: 1, settled: null })
    const failure = { code: 'x', retryable: false, nextAction: 'none' } as never
    fold(state, { t: 'unknown', ...base, sequence: 1, failure }, 60 * DAY_MS)
    fold(state, { t: 'out', messageId: 'm', whatsappId: 'W', n: 2 }, 60 * DAY_MS)
    fold(state, { t: 'status', ...base, sequence: 2, status: 'read' }, 60 * DAY_MS)
    fold(state, { t: 'status', ...base, sequence: 3, status: 'delivered' }, 60 * DAY_MS)
    expect(view.out('m')).toMatchObject({ frames: 2, settled: 'read' })
    expect(view.messageIdOf('W')).toBe('m')
    fold(state, { t: 'done', upTo: 3 }, 75 * DAY_MS)
    expect([view.out('m'), view.messageIdOf('W')]).toEqual([undefined, undefined])
  })

  test('a message whose content is missing waits until it comes, and content that came is never missed again', () => {
    const missing = (messageKey: string, at: number): LogRecord => ({
      t: 'undecrypted',
      at,
      messageKey,
      attributes: { id: messageKey },
      reason: 'no_session',
    })
    const received = (hash: string, messageKey: string, type: string) =>
      inbound(hash, null, { messageKey, event: { type, messageId: `msg ${hash}` } as InboundRecord['event'] })
    const state = foldAll([missing('a', 1), missing('b', 2), missing('a', 3)])
    const view = () => viewOf(decodeSnapshot(encodeSnapshot(state)))
    expect(view().undecrypted()).toMatchObject([
      { messageKey: 'a', at: 1, messageId: null },
      { messageKey: 'b', at: 2 },
    ])
    foldAll([received('shown', 'a', 'message.undecryptable'), received('content', 'b', 'message.received')], state)
    expect(view().undecrypted()).toMatchObject([{ messageKey: 'a', messageId: 'msg shown' }])
    foldAll([received('late', 'a', 'message.received'), missing('a', 4), missing('b', 4)], state)
    expect(view().undecrypted()).toEqual([])
    for (let n = 0; n < 1_500; n++) fold(state, missing(`garbage ${n}`, 5), 5)
    expect(state.undecrypted.size).toBe(1_000)
    fold(state, { t: 'fence', epoch: 1 }, 20 * DAY_MS)
    expect(view().undecrypted()).toEqual([])
  })

  test('a stanza that the library has not finished keeps its plaintext, done or not, until it is finished', () => {
    const state = foldAll([inbound('h', null, { isUnfinished: true }), { t: 'done', upTo: 9 }])
    const view = () => viewOf(decodeSnapshot(encodeSnapshot(state)))
    expect(view().unfinished()).toMatchObject([{ ciphertextHash: 'h', plaintext: 'plaintext h' }])
    expect(view().inboundByCiphertext('h')).toMatchObject({ plaintext: 'plaintext h' })
    foldAll([{ t: 'finished', ciphertextHashes: ['h'] }, inbound('h', null, { isUnfinished: true })], state)
    expect(view().unfinished()).toEqual([])
    expect(view().inboundByCiphertext('h')).toEqual({ plaintext: null })
  })

  test('credentials of a logged-out device are archived for 30 days, those that never linked are not', () => {
    const state = emptyFold()
    const view = () => viewOf(decodeSnapshot(encodeSnapshot(state)))
    const linked = { me: { id: '1:1@s.whatsapp.net' }, account: { details: 'x' } }
    const creds = (value: unknown): LogRecord => ({ t: 'creds', creds: value })
    // a pairing code that nobody entered leaves `me` without an account
    fold(state, creds({ me: { id: '2:1@s.whatsapp.net' } }), 0)
    expect(isLinked(state)).toBe(false)
    fold(state, creds(null), 0)
    fold(state, creds(linked), DAY_MS)
    expect(isLinked(state)).toBe(true)
    fold(state, { t: 'keys', set: { session: { a: 1 } } }, DAY_MS)
    fold(state, creds(null), 2 * DAY_MS)
    expect([view().creds, view().key('session', 'a')]).toEqual([null, undefined])
    expect(view().archivedCreds()).toEqual([{ at: 2 * DAY_MS, creds: linked }])
    for (let n = 3; n < 7; n++) {
      fold(state, creds({ ...linked, n }), n * DAY_MS)
      fold(state, creds(null), n * DAY_MS)
    }
    expect(view().archivedCreds()).toMatchObject([4, 5, 6].map((n) => ({ creds: { n } })))
    fold(state, { t: 'fence', epoch: 1 }, 37 * DAY_MS)
    expect(view().archivedCreds()).toEqual([])
  })

  test('undone records and the next sequence survive a snapshot verbatim', () => {
    const state = foldAll([inbound('a', 1), inbound('b', 2), inbound('c', 3), { t: 'done', upTo: 1 }])
    const view = viewOf(decodeSnapshot(encodeSnapshot(state)))
    expect(view.undone()).toEqual([inbound('b', 2), inbound('c', 3)])
    expect([view.nextSequence, view.doneUpTo]).toEqual([4, 1])
  })
})
