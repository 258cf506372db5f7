import type { JsonSchema } from '../shared/contract/json-schema.ts'

export type Schemas = Readonly<Record<string, JsonSchema>>

const MAXIMUM_DEPTH = 6
export const nameOf = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1)
export const resolveIn = (schemas: Schemas, schema: JsonSchema): JsonSchema =>
  schema.$ref ? schemas[nameOf(schema.$ref)]! : schema

/**
 * A value that the schema allows. @param use `request`: what one has to send, and what has an example of its own; `answer`: all
 * fields; recursion ends with null
 */
export const exampleOf = (schemas: Schemas, given: JsonSchema, use: 'request' | 'answer', depth = 0): unknown => {
  const schema = resolveIn(schemas, given)
  if (schema.example !== undefined) return schema.example
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.default ?? schema.enum[0]
  const union = schema.anyOf ?? schema.oneOf
  if (union) return exampleOf(schemas, union[0]!, use, depth)
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (type === 'object') {
    if (depth > MAXIMUM_DEPTH) return null
    const fields = Object.entries(schema.properties ?? {}).filter(
      ([name, field]) =>
        use === 'answer' || schema.required?.includes(name) || resolveIn(schemas, field).example !== undefined,
    )
    // A change of nothing shows nothing.
    if (fields.length === 0) fields.push(...Object.entries(schema.properties ?? {}).slice(0, 1))
    return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(schemas, field, use, depth + 1)]))
  }
  if (type === 'array') return schema.items ? [exampleOf(schemas, schema.items, use, depth + 1)] : []
  if (type === 'integer' || type === 'number') return schema.default ?? Math.max(schema.minimum ?? 1, 1)
  if (type === 'boolean') return schema.default ?? false
  if (type === 'null') return null
  return schema.default ?? (schema.format === 'date-time' ? '2026-11-21T10:00:00.000Z' : 'text')
}
