import { isIP } from 'node:net'

type Json = any

/**
 * Does an event match an EventBridge pattern? Supports exact values, prefix, suffix, equals-ignore-case, wildcard,
 * anything-but, numeric, exists, cidr (IPv4) and $or. Arrays in the event match when one of their elements does.
 * @throws on an operator it does not know: a rule that never fires is worse than one that does not load
 */
export const matchesPattern = (pattern: Json, event: Json): boolean =>
  Object.entries(pattern).every(([field, expected]) => {
    if (field === '$or') return (expected as Json[]).some((alternative) => matchesPattern(alternative, event))
    const actual = event?.[field]
    if (!Array.isArray(expected))
      return actual !== null && typeof actual === 'object' && matchesPattern(expected, actual)
    const values = Array.isArray(actual) ? actual : [actual]
    return expected.some((matcher) => values.some((value) => matchesValue(matcher, value)))
  })

const matchesValue = (matcher: Json, value: Json): boolean => {
  if (matcher === null || typeof matcher !== 'object') return matcher === value
  const [[operator, operand]] = Object.entries(matcher) as [[string, Json]]
  const text = typeof value === 'string' ? value : null
  switch (operator) {
    case 'exists':
      return operand === (value !== undefined)
    case 'prefix':
      return text?.startsWith(operand) ?? false
    case 'suffix':
      return text?.endsWith(operand) ?? false
    case 'equals-ignore-case':
      return text?.toLowerCase() === String(operand).toLowerCase()
    case 'wildcard':
      return text !== null && wildcard(operand).test(text)
    case 'anything-but':
      return value !== undefined && !asArray(operand).some((item) => matchesValue(item, value))
    case 'numeric':
      return typeof value === 'number' && numeric(operand, value)
    case 'cidr':
      return text !== null && inCidr(text, operand)
    default:
      throw new Error(`event pattern operator "${operator}" is not supported locally`)
  }
}

const asArray = (operand: Json): Json[] => {
  if (Array.isArray(operand)) return operand
  if (operand !== null && typeof operand === 'object') {
    const [[operator, values]] = Object.entries(operand) as [[string, Json]]
    return Array.isArray(values) ? values.map((value: Json) => ({ [operator]: value })) : [operand]
  }
  return [operand]
}

const wildcard = (glob: string): RegExp =>
  new RegExp(`^${glob.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 's')

const numeric = (conditions: Json[], value: number): boolean => {
  for (let i = 0; i < conditions.length; i += 2) {
    const [operator, bound] = [conditions[i], conditions[i + 1]]
    const holds =
      operator === '='
        ? value === bound
        : operator === '<'
          ? value < bound
          : operator === '<='
            ? value <= bound
            : operator === '>'
              ? value > bound
              : value >= bound
    if (!holds) return false
  }
  return true
}

const inCidr = (address: string, cidr: string): boolean => {
  const [network = '', bits = '32'] = cidr.split('/')
  if (isIP(address) !== 4 || isIP(network) !== 4) return false
  const toNumber = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - Number(bits))
  return Math.floor(toNumber(address) / size) === Math.floor(toNumber(network) / size)
}
