import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { expect, it } from 'vitest'
import { renderPhonePlans } from '../../tools/phone-plans.ts'
import { parsePhoneNumber } from './phone-number.ts'
import { PHONE_PLANS } from './phone-plans.ts'

/** What the library says to the same text: the measure of ours. */
const libraryAnswer = (digits: string): string | null => {
  const parsed = parsePhoneNumberFromString(`+${digits}`)
  return parsed?.isPossible() ? parsed.number : null
}
const ourAnswer = (text: string): string | null => {
  const parsed = parsePhoneNumber(text)
  return 'phone' in parsed ? parsed.phone : null
}
const plans = PHONE_PLANS.trim().split('\n')
const callingCodes = plans.map((line) => line.split(' ')[0]!)

it('the plans are those of the installed library', () => {
  expect(readFileSync('shared/http/phone-plans.ts', 'utf8')).toBe(renderPhonePlans())
  expect(callingCodes.length).toBeGreaterThan(200)
})

it('no calling code is the start of another', () => {
  for (const code of callingCodes)
    expect(callingCodes.filter((other) => other !== code && other.startsWith(code))).toEqual([])
})

const digitsOf = (minimum: number, maximum: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: minimum, maxLength: maximum }).map((list) => list.join(''))

it('equals libphonenumber for every calling code, with and without national prefixes', () => {
  let possible = 0
  const differing: string[] = []
  fc.assert(
    fc.property(
      fc.constantFrom(...callingCodes),
      fc.constantFrom('', '', '', '0', '1', '8', '06', '015', '044', '9'),
      digitsOf(1, 16),
      (code, prefix, rest) => {
        const digits = `${code}${prefix}${rest}`
        const [library, ours] = [libraryAnswer(digits), ourAnswer(digits)]
        if (library !== null) possible++
        if (library !== ours) differing.push(code)
      },
    ),
    { numRuns: 30_000, seed: 4 },
  )
  expect(possible).toBeGreaterThan(5_000)
  // Where countries share a calling code but not their lengths, the library takes the lengths of the country that the
  // number seems to be in, ours takes all: +1 (7 digits exist in Canada) and +599.
  expect(differing.filter((code) => !['1', '599'].includes(code))).toEqual([])
  expect(differing.length).toBeLessThan(possible / 100)
})

it.each([
  ['+55 (11) 98888-7777', '+5511988887777'],
  ['5511988887777', '+5511988887777'],
  ['+44 (0)7911 123456', '+447911123456'],
  ['+49 0151 23456789', '+4915123456789'],
  ['+39 06 1234 5678', '+390612345678'],
  ['+1 650 253 0000', '+16502530000'],
  ['+7 8 912 345 67 89', '+79123456789'],
  ['+800 1234 5678', '+80012345678'],
])('%s is %s', (text, phone) => {
  expect(parsePhoneNumber(text)).toEqual({ phone })
  expect(libraryAnswer(text.replace(/[^0-9]/g, ''))).toBe(phone)
})

it.each([
  '',
  '+',
  'abc',
  '+0',
  '12',
  '+55',
  '+5511',
  '+999123456789',
  '+12345678901234567890',
  '+1 650 253 000',
  '１２３',
])('%s is refused with words', (text) => {
  expect(parsePhoneNumber(text)).toEqual({ problem: expect.stringContaining('Not a valid phone number') })
})
