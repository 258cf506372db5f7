import type * as z from 'zod'
import { Fault } from '../core/fault.ts'

export interface FieldProblem {
  readonly path: string
  readonly message: string
}

/** One entry per field, with the words of a person. */
const describeIssues = (issues: readonly z.core.$ZodIssue[], unknown = 'Unknown field'): FieldProblem[] =>
  issues.flatMap((issue) => {
    const path = issue.path.map(String)
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: unknown }))
    if (issue.code === 'invalid_union' && issue.errors.some((errors) => errors.length > 0))
      return describeUnion(issue, path)
    const missing = issue.code === 'invalid_type' && issue.message.includes('received undefined')
    return [{ path: path.join('.'), message: missing ? 'Required' : tidy(issue.message) }]
  })

/** Of a union, the branch that came closest: the one whose problems lie deepest or are fewest. */
const describeUnion = (issue: z.core.$ZodIssueInvalidUnion, path: readonly string[]): FieldProblem[] => {
  const branches = [...issue.errors].sort((a, b) => depthOf(b) - depthOf(a) || a.length - b.length)
  return describeIssues(branches[0]!).map((problem) => ({
    ...problem,
    path: [...path, ...(problem.path ? [problem.path] : [])].join('.'),
  }))
}
const depthOf = (issues: readonly z.core.$ZodIssue[]): number =>
  Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)))

/** Where the library's words do not say what to do. */
const WORDS: Readonly<Record<string, string>> = {
  'Expected number, received NaN': 'Not a number',
  'Expected int, received number': 'Not a whole number',
  'Invalid ISO datetime': 'Not an ISO 8601 time with Z or an offset, like 2026-11-21T10:00:00Z',
  'Invalid ISO date': 'Not a date, like 2026-11-21',
}
const tidy = (message: string): string => {
  const text = message.replace(/^Invalid input: /, '').replace(/^./, (first) => first.toUpperCase())
  return WORDS[text] ?? text
}

const MAXIMUM_LISTED = 50

export const validationFault = (errors: readonly FieldProblem[], where = 'body'): Fault =>
  new Fault('validation_failed', {
    detail: `The ${where} is not valid: ${errors
      .slice(0, 3)
      .map(({ path, message }) => (path ? `${path}: ${message}` : message))
      .join('; ')}${errors.length > 3 ? `; and ${errors.length - 3} more` : ''}.`,
    // A body of a megabyte can have a hundred thousand unknown fields: the answer must not be larger than the question.
    errors: errors.slice(0, MAXIMUM_LISTED),
    ...(errors.length === 1 && errors[0]!.path ? { param: errors[0]!.path } : {}),
  })

/** @throws Fault validation_failed with one entry per field */
export const validate = (schema: z.ZodType, value: unknown, where: 'body' | 'query' | 'path'): unknown => {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const unknown = where === 'query' ? 'Unknown query parameter' : undefined
  throw validationFault(describeIssues(result.error.issues, unknown), where)
}
