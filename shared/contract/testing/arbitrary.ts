import * as fc from 'fast-check'
import * as z from 'zod'
import type { JsonSchema } from '../json-schema.ts'

/** Values that break naive code: wrong types, huge, hostile or strange text, prototype names. */
const HOSTILE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  Number.MAX_SAFE_INTEGER,
  '',
  ' ',
  'x'.repeat(5_000),
  '\u0000',
  '\ud800',
  '\u202e\u200b',
  'a\u0301'.repeat(50),
  '👩‍👩‍👧‍👦',
  '{{7*7}}<%= 7*7 %>',
  "'; DROP TABLE x; --",
  '../../etc/passwd',
  'http://169.254.169.254/latest/meta-data',
  '2026-02-30T25:61:61Z',
  [],
  {},
  [[[[[]]]]],
  { constructor: { prototype: {} } },
]
/** Names that every object has already. */
const PROTOTYPE_NAMES = ['constructor', '__proto__', 'toString', 'hasOwnProperty']
export const hostile = fc.constantFrom(...HOSTILE)

const textOf = (schema: JsonSchema): fc.Arbitrary<string> => {
  if (schema.format === 'date-time')
    return fc
      .oneof(
        fc.date({ min: new Date('2000-01-01'), max: new Date('2099-01-01'), noInvalidDate: true }),
        // What is sent later, or ends later, is near.
        fc.integer({ min: 1, max: 20 }).map((days) => new Date(Date.now() + days * 86_400_000)),
      )
      .map((date) => date.toISOString())
  if (schema.format === 'date')
    return fc
      .date({ min: new Date('2026-09-01'), max: new Date('2026-11-20'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10))
  const size = {
    minLength: schema.minLength ?? 0,
    maxLength: Math.max(schema.minLength ?? 0, Math.min(schema.maxLength ?? 60, 60)),
  }
  return fc.oneof(fc.string(size), fc.string({ ...size, unit: 'binary' }))
}

/**
 * Values that a schema accepts, mostly: patterns and refinements are not known here, so that an example of the schema is
 * used as often as chance.
 */
const fromJsonSchema = (schema: JsonSchema): fc.Arbitrary<unknown> => {
  const free = freely(schema)
  return schema.example === undefined
    ? free
    : fc.oneof({ weight: 3, arbitrary: fc.constant(schema.example) }, { weight: 1, arbitrary: free })
}

const freely = (schema: JsonSchema): fc.Arbitrary<unknown> => {
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  const union = schema.anyOf ?? schema.oneOf
  if (union) return fc.oneof(...union.map(fromJsonSchema))
  if (schema.allOf) return fromJsonSchema(Object.assign({}, ...schema.allOf) as JsonSchema)
  switch (schema.type) {
    case 'string':
      return textOf(schema)
    case 'integer':
      return fc.integer({ min: Math.max(schema.minimum ?? 0, -1e9), max: Math.min(schema.maximum ?? 1e6, 1e9) })
    case 'number':
      return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1e6, noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(fromJsonSchema(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.max(schema.minItems ?? 0, Math.min(schema.maxItems ?? 4, 4)),
      })
    case 'object':
      return objectOf(schema)
    default:
      return fc.jsonValue()
  }
}

const objectOf = (schema: JsonSchema): fc.Arbitrary<unknown> => {
  if (!schema.properties && typeof schema.additionalProperties === 'object') {
    const named = fromJsonSchema(schema.propertyNames ?? { type: 'string' }) as fc.Arbitrary<string>
    const names = fc.oneof(
      { weight: 9, arbitrary: named },
      { weight: 1, arbitrary: fc.constantFrom(...PROTOTYPE_NAMES) },
    )
    return fc.dictionary(names, fromJsonSchema(schema.additionalProperties), { maxKeys: 4 })
  }
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => [name, fromJsonSchema(field)] as const)
  return fc.record(Object.fromEntries(fields), { requiredKeys: [...(schema.required ?? [])], noNullPrototype: true })
}

/** Named schemas in the place of their names. */
const inlined = (schema: unknown, named: Readonly<Record<string, unknown>>): unknown => {
  if (Array.isArray(schema)) return schema.map((part) => inlined(part, named))
  if (schema === null || typeof schema !== 'object') return schema
  const { $ref: ref, $defs: _named, ...rest } = schema as { $ref?: string; $defs?: unknown }
  const target = ref === undefined ? {} : (inlined(named[ref.slice(ref.lastIndexOf('/') + 1)], named) as object)
  const parts = Object.entries({ ...target, ...rest })
  return Object.fromEntries(parts.map(([name, part]) => [name, name === 'example' ? part : inlined(part, named)]))
}

/** Values of a zod schema as a client would send them. */
export const valuesOf = (schema: z.ZodType): fc.Arbitrary<unknown> => {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return fromJsonSchema(inlined(json, json.$defs ?? {}) as JsonSchema)
}

/** A value with one thing wrong somewhere: replaced, removed, or added. */
export const mutated = (values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.tuple(values, fc.nat(), hostile, fc.constantFrom('replace', 'remove', 'add')).map(([value, pick, bad, how]) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return bad
    const copy = structuredClone(value) as Record<string, unknown>
    const names = Object.keys(copy)
    if (how === 'add' || names.length === 0) return { ...copy, [`x${pick % 100}`]: bad }
    const name = names[pick % names.length]!
    const inner = copy[name]
    if (how === 'remove') delete copy[name]
    else if (inner !== null && typeof inner === 'object' && !Array.isArray(inner) && pick % 2 === 0)
      copy[name] = { ...inner, [Object.keys(inner)[0] ?? 'x']: bad }
    else copy[name] = bad
    return copy
  })
