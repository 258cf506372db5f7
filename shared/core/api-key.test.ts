import { crc32 as zlibCrc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { crc32, hashApiKey, isOneOfHashes, kindOfKey, makeAdminKey, makeApiKey, startOfKey } from './api-key.ts'

describe('API keys', () => {
  it('have a typed prefix, 33 random characters and a 6 character checksum', () => {
    for (const kind of ['live', 'test', 'admin'] as const) {
      const key = makeApiKey(kind)
      expect(key).toMatch(new RegExp(`^flk_${kind}_[0-9A-Za-z]{39}$`))
      expect(kindOfKey(key)).toBe(kind)
    }
  })

  it('are refused when any one character is changed', () => {
    const key = makeApiKey('test')
    for (let at = 0; at < key.length; at++) {
      const other = key[at] === 'x' ? 'y' : 'x'
      expect(kindOfKey(key.slice(0, at) + other + key.slice(at + 1))).toBeNull()
    }
    expect(kindOfKey(`${key} `)).toBeNull()
    expect(kindOfKey('')).toBeNull()
  })

  it('the checksum is the CRC32 that everybody else computes', () => {
    for (const text of ['', 'a', 'flk_test_', makeApiKey('live')]) expect(crc32(text)).toBe(zlibCrc32(text))
  })

  it('are stored as an HMAC: another pepper gives another hash', () => {
    const { key, hash } = makeAdminKey('pepper one')
    expect(isOneOfHashes(['ab', hash], hashApiKey('pepper one', key))).toBe(true)
    expect(isOneOfHashes([hash], hashApiKey('pepper two', key))).toBe(false)
    expect(hash).not.toContain(key.slice(10))
  })

  it('show only their prefix and four characters', () => {
    expect(startOfKey(makeApiKey('test'))).toMatch(/^flk_test_[0-9A-Za-z]{4}$/)
  })
})
