import type { Operation } from '../contract/operation.ts'
import { Fault } from '../core/fault.ts'

export interface Match<Name extends string> {
  readonly name: Name
  readonly params: Readonly<Record<string, string>>
}

/**
 * Finds the operation of a request. Literal segments win over parameters.
 * @throws Fault not_found, method_not_allowed (with the methods that exist)
 */
export const makeRouter = <Name extends string>(operations: Readonly<Record<Name, Operation>>) => {
  const routes = (Object.entries(operations) as [Name, Operation][])
    .map(([name, { method, path }]) => ({ name, method, segments: path.split('/') }))
    .sort((a, b) => parametersIn(a.segments) - parametersIn(b.segments))
  return (method: string, path: string): Match<Name> => {
    const segments = path.replace(/(?<=.)\/$/, '').split('/')
    for (const route of routes) {
      const params = route.method === method ? matchSegments(route.segments, segments) : null
      if (params) return { name: route.name, params }
    }
    const matching = routes.filter((route) => matchSegments(route.segments, segments))
    if (matching.length === 0) throw new Fault('not_found', { detail: 'There is nothing at this path.' })
    const allowed = [...new Set(matching.map((route) => route.method))].sort()
    throw new MethodNotAllowed(allowed)
  }
}

export class MethodNotAllowed extends Fault {
  readonly allowed: readonly string[]
  constructor(allowed: readonly string[]) {
    super('method_not_allowed', { detail: `This path answers ${allowed.join(', ')}.` })
    this.allowed = allowed
  }
}

const isParameter = (segment: string): boolean => segment.startsWith('{')
const parametersIn = (segments: readonly string[]): number => segments.filter(isParameter).length

const matchSegments = (pattern: readonly string[], path: readonly string[]): Record<string, string> | null => {
  if (pattern.length !== path.length) return null
  const params: Record<string, string> = {}
  for (const [index, expected] of pattern.entries()) {
    const actual = path[index]!
    if (!isParameter(expected)) {
      if (expected !== actual) return null
      continue
    }
    const value = decode(actual)
    if (value === null || value === '') return null
    params[expected.slice(1, -1)] = value
  }
  return params
}

/** Null when it is not valid percent encoding: such a path names nothing. */
const decode = (segment: string): string | null => {
  try {
    return decodeURIComponent(segment)
  } catch (error) {
    if (error instanceof URIError) return null
    throw error
  }
}
