import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { CorruptLogError, type EnvelopeHeader, openEnvelope, readHeader, sealEnvelope } from './envelope.ts'

const key = randomBytes(32)
const header: EnvelopeHeader = { v: 1, sessionId: 'ses_1', epoch: 7, openId: 'o', kind: 'segment', seq: 42 }
const place = { sessionId: 'ses_1', kind: 'segment', seq: 42 } as const
const body = Buffer.from('body')

describe('envelope', () => {
  test('opens where it was made for, with its header readable before', () => {
    const sealed = sealEnvelope(key, header, body)
    expect(readHeader(sealed)).toEqual(header)
    expect(openEnvelope(key, sealed, place)).toEqual(body)
  })

  test('one slot and epoch gives the same bytes again, any other place other ones', () => {
    const sealed = sealEnvelope(key, header, body)
    expect(sealEnvelope(key, header, body)).toEqual(sealed)
    const ciphertextOf = (other: Partial<EnvelopeHeader>) =>
      sealEnvelope(key, { ...header, ...other }, body)
        .subarray(-body.length)
        .toString('hex')
    const places = [{}, { epoch: 8 }, { kind: 'snapshot' as const }, { seq: 43 }]
    expect(new Set(places.map(ciphertextOf)).size).toBe(places.length)
  })

  test('does not open when a bit was changed, it was cut, moved, or the key is another', () => {
    const sealed = sealEnvelope(key, header, body)
    for (let index = 0; index < sealed.length; index++) {
      const changed = Buffer.from(sealed)
      changed[index] = changed[index]! ^ 1
      expect(() => openEnvelope(key, changed, place), `byte ${index}`).toThrow(CorruptLogError)
      expect(() => openEnvelope(key, sealed.subarray(0, index), place), `cut at ${index}`).toThrow(CorruptLogError)
    }
    for (const moved of [{ sessionId: 'ses_2' }, { seq: 41 }, { kind: 'snapshot' as const }])
      expect(() => openEnvelope(key, sealed, { ...place, ...moved })).toThrow(CorruptLogError)
    expect(() => openEnvelope(randomBytes(32), sealed, place)).toThrow(CorruptLogError)
  })
})
