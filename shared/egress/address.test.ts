import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPublicAddress, parseAllowedRanges } from './address.ts'
import { HOSTILE_ADDRESSES, PUBLIC_ADDRESSES } from './testing/hostile-addresses.ts'

describe('addresses a customer URL may lead to', () => {
  it.each(HOSTILE_ADDRESSES)('%s is refused', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each(PUBLIC_ADDRESSES)('%s is allowed', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it('private IPv4 stays refused in every IPv4-in-IPv6 wrapping', () => {
    const byte = fc.integer({ min: 0, max: 255 })
    fc.assert(
      fc.property(byte, byte, byte, fc.constantFrom('::ffff:', '::', '64:ff9b::'), (b, c, d, prefix) => {
        expect(isPublicAddress(`${prefix}10.${b}.${c}.${d}`)).toBe(false)
      }),
    )
  })

  it('text that is no address is refused', () => {
    for (const text of ['', 'localhost', 'example.com', '1.2.3', '999.1.1.1']) expect(isPublicAddress(text)).toBe(false)
  })

  it('a range that was opened on purpose is allowed, and only that', () => {
    const allowed = parseAllowedRanges('127.0.0.0/8, ::1/128')
    expect(isPublicAddress('127.0.0.1', allowed)).toBe(true)
    expect(isPublicAddress('::ffff:127.0.0.1', allowed)).toBe(true)
    expect(isPublicAddress('[::1]', allowed)).toBe(true)
    expect(isPublicAddress('169.254.169.254', allowed)).toBe(false)
    expect(isPublicAddress('10.0.0.1', allowed)).toBe(false)
  })
})
