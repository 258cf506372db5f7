import { parsePhoneNumberFromString } from 'libphonenumber-js/min'

const PUNCTUATION = /[\s().-]/g

/**
 * E.164 with or without `+`, usual punctuation allowed. @returns E.164 with `+`, or the problem in words.
 * Checks country code and length only: number ranges change faster than this library, and whether a number is on
 * WhatsApp is found out by asking WhatsApp.
 */
export const parsePhoneNumber = (text: string): { phone: string } | { problem: string } => {
  const digits = text.replace(PUNCTUATION, '').replace(/^\+/, '')
  if (!/^[0-9]+$/.test(digits)) return { problem: 'Not a valid phone number' }
  const parsed = parsePhoneNumberFromString(`+${digits}`)
  if (!parsed?.isPossible())
    return { problem: 'Not a valid phone number: use the international format, e.g. +5511988887777' }
  return { phone: parsed.number }
}
