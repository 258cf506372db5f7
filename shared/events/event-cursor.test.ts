import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { newId } from '../core/ids.ts'
import { decodeVector, encodeVector, roomForSeen } from './event-cursor.ts'

describe('tenant-wide event cursor', () => {
  it('keeps 200 positions and what is young in less than 7.5 kB of URL', () => {
    const sequences = new Map(Array.from({ length: 200 }, (_, i) => [newId('ses'), 999_999_999_999 - i]))
    const seen = new Set(Array.from({ length: roomForSeen(200) }, () => randomBytes(8).toString('hex')))
    expect(seen.size).toBeGreaterThan(100)
    const vector = { control: { day: 20_778, lastId: newId('evt'), seen }, sequences }
    const bytes = encodeVector(vector)
    // With its signature it has to pass the contract's 8,192 characters.
    expect(bytes.toString('base64url').length).toBeLessThan(7500)
    expect(decodeVector(bytes)).toEqual(vector)
  })

  it('leaves out sessions without events', () => {
    const vector = {
      control: { day: 1, lastId: null, seen: new Set<string>() },
      sequences: new Map([[newId('ses'), 0]]),
    }
    expect(decodeVector(encodeVector(vector))).toEqual({
      control: { day: 1, lastId: null, seen: new Set<string>() },
      sequences: new Map(),
    })
  })

  it('is null for bytes of another version or length', () => {
    expect(decodeVector(Buffer.from([3, 0, 0]))).toBeNull()
    expect(
      decodeVector(
        Buffer.concat([
          encodeVector({ control: { day: 1, lastId: null, seen: new Set<string>() }, sequences: new Map() }),
          Buffer.from([1]),
        ]),
      ),
    ).toBeNull()
  })

  it('still reads the cursors of the first version', () => {
    const first = 'AQAAUSoBk0-y_ABS2Nc-EZTpW18ZAZNPsvwA_____________wAAAAAABw'
    expect(decodeVector(Buffer.from(first, 'base64url'))).toEqual({
      control: { day: 20_778, lastId: 'evt_01JD7V5Z00ABCDEFGHJKMNPQRS', seen: new Set() },
      sequences: new Map([['ses_01JD7V5Z00ZZZZZZZZZZZZZZZZ', 7]]),
    })
  })
})
