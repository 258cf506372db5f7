import { describe, expect, it } from 'vitest'
import { newId } from '../core/ids.ts'
import { decodeVector, encodeVector } from './event-cursor.ts'

describe('tenant-wide event cursor', () => {
  it('keeps 200 positions in less than 6.5 kB of URL', () => {
    const sequences = new Map(Array.from({ length: 200 }, (_, i) => [newId('ses'), 999_999_999_999 - i]))
    const vector = { control: { day: 20_778, lastId: newId('evt') }, sequences }
    const bytes = encodeVector(vector)
    expect(bytes.toString('base64url').length).toBeLessThan(6500)
    expect(decodeVector(bytes)).toEqual(vector)
  })

  it('leaves out sessions without events', () => {
    const vector = { control: { day: 1, lastId: null }, sequences: new Map([[newId('ses'), 0]]) }
    expect(decodeVector(encodeVector(vector))).toEqual({ control: { day: 1, lastId: null }, sequences: new Map() })
  })

  it('is null for bytes of another version or length', () => {
    expect(decodeVector(Buffer.from([2, 0, 0]))).toBeNull()
    expect(
      decodeVector(
        Buffer.concat([encodeVector({ control: { day: 1, lastId: null }, sequences: new Map() }), Buffer.from([1])]),
      ),
    ).toBeNull()
  })
})
