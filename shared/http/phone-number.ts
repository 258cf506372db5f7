import { PHONE_PLANS } from './phone-plans.ts'

const PUNCTUATION = /[\s().-]/g
const LONGEST_CALLING_CODE = 3
const SHORTEST_NUMBER = 2
const NOTHING = '-'

/** How numbers of one calling code are written; the last three only where people write a national prefix. */
interface PhonePlan {
  readonly lengths: readonly number[]
  readonly prefix: RegExp | null
  readonly transform: string | null
  readonly pattern: RegExp | null
}

const lineOf = (callingCode: string): string | undefined => {
  const start = PHONE_PLANS.indexOf(`\n${callingCode} `)
  return start === -1 ? undefined : PHONE_PLANS.slice(start + 1, PHONE_PLANS.indexOf('\n', start + 1))
}

const planOf = (line: string): PhonePlan => {
  const [, lengths = '', prefix, transform, pattern] = line.split(' ')
  return {
    lengths: lengths.split(',').map(Number),
    prefix: prefix ? new RegExp(`^(?:${prefix})`) : null,
    transform: transform && transform !== NOTHING ? transform : null,
    pattern: pattern ? new RegExp(`^(?:${pattern})$`) : null,
  }
}

/** No calling code is the start of another, so the first that fits is the one. */
const splitCallingCode = (digits: string): { callingCode: string; national: string; plan: PhonePlan } | null => {
  for (let length = 1; length <= LONGEST_CALLING_CODE; length++) {
    const callingCode = digits.slice(0, length)
    const line = lineOf(callingCode)
    if (line) return { callingCode, national: digits.slice(length), plan: planOf(line) }
  }
  return null
}

/**
 * People write +44 (0)7911 … with the prefix that is only dialled within the country. It is taken off as
 * libphonenumber does: never from a number that is valid with it, never so that too little stays.
 */
const withoutNationalPrefix = (national: string, plan: PhonePlan): string => {
  const match = plan.prefix?.exec(national)
  if (!plan.prefix || !match) return national
  const captured = match.length > 1 && match.at(-1)
  const stripped =
    plan.transform && captured ? national.replace(plan.prefix, plan.transform) : national.slice(match[0].length)
  if (stripped === national) return national
  if (plan.pattern?.test(national) && !plan.pattern.test(stripped)) return national
  const isPossible = plan.lengths.includes(stripped.length) || stripped.length > plan.lengths.at(-1)!
  return isPossible ? stripped : national
}

/**
 * E.164 with or without `+`, usual punctuation allowed. @returns E.164 with `+`, or the problem in words.
 * Checks country code and length only: number ranges change faster than any list, and whether a number is on
 * WhatsApp is found out by asking WhatsApp. The lists are libphonenumber's, without its 118 KiB (tools/phone-plans.ts).
 */
export const parsePhoneNumber = (text: string): { phone: string } | { problem: string } => {
  const digits = text.replace(PUNCTUATION, '').replace(/^\+/, '')
  if (!/^[0-9]+$/.test(digits)) return { problem: 'Not a valid phone number' }
  const split = splitCallingCode(digits)
  const national = split ? withoutNationalPrefix(split.national, split.plan) : ''
  if (!split || national.length < SHORTEST_NUMBER || !split.plan.lengths.includes(national.length))
    return { problem: 'Not a valid phone number: use the international format, e.g. +5511988887777' }
  return { phone: `+${split.callingCode}${national}` }
}
