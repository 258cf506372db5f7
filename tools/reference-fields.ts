import type { JsonSchema } from '../shared/contract/json-schema.ts'
import { nameOf, resolveIn } from './example-of.ts'

const DEEPEST = 3

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
/** Text of the contract: only `code` is markup in it. */
export const prose = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>')

interface Field {
  readonly name: string
  readonly schema: JsonSchema
  readonly isRequired: boolean
}

/** Table rows of an object's fields, inner objects included. A union shows what its variants share once, then each one's own. */
export const makeFieldRows = (schemas: Readonly<Record<string, JsonSchema>>): ((schema: JsonSchema) => string) => {
  const resolve = (schema: JsonSchema): JsonSchema => resolveIn(schemas, schema)
  const variantsOf = ({ properties, oneOf, anyOf }: JsonSchema) => (properties ? undefined : (oneOf ?? anyOf))

  const fieldsOf = (given: JsonSchema): Field[] => {
    const { properties = {}, required = [] } = resolve(given)
    return Object.entries(properties).map(([name, schema]) => ({ name, schema, isRequired: required.includes(name) }))
  }

  const objectRows = (given: JsonSchema, prefix: string, depth: number): string => {
    const schema = resolve(given)
    const variants = variantsOf(schema)
    if (variants) return unionRows(variants, prefix, depth)
    return fieldsOf(schema)
      .map((field) => fieldRow(field, prefix, depth))
      .join('')
  }

  const fieldRow = ({ name, schema: given, isRequired }: Field, prefix: string, depth: number, note = ''): string => {
    const schema = resolve(given)
    const needed = isRequired ? ' <span class="required">required</span>' : ''
    const text = schema.description ?? given.description
    const inner = depth < DEEPEST ? innerRows(given, prefix + name, depth) : ''
    return `<tr><td><code>${escapeHtml(prefix + name)}</code>${needed}</td><td>${typeText(given)}</td><td>${text ? prose(text) : ''}${bounds(schema)}${note ? ` <span class="soft">${escapeHtml(note)}</span>` : ''}</td></tr>${inner}`
  }

  const innerRows = (field: JsonSchema, path: string, depth: number): string => {
    if (field.$ref) return ''
    const { properties, items, anyOf = [] } = resolve(field)
    if (properties) return objectRows(field, `${path}.`, depth + 1)
    const objects = anyOf.filter((choice) => choice.properties)
    if (objects.length === 1) return objectRows(objects[0]!, `${path}.`, depth + 1)
    if (!items || items.$ref) return ''
    const item = resolve(items)
    return item.properties || isUnionOfObjects(item) ? objectRows(items, `${path}[].`, depth + 1) : ''
  }

  const isUnionOfObjects = (schema: JsonSchema): boolean =>
    variantsOf(schema)?.every((variant) => resolve(variant).properties) ?? false

  const unionRows = (given: readonly JsonSchema[], prefix: string, depth: number): string => {
    const variants = given.map((schema) => new Map(fieldsOf(schema).map((field) => [field.name, field])))
    const kind = [...(variants[0]?.keys() ?? [])].find((name) =>
      variants.every((fields) => fields.get(name)?.schema.const),
    )
    const kindOf = (fields: Variant) => JSON.stringify(fields.get(kind ?? '')?.schema.const)
    const shared = sharedFields(variants).filter(({ name }) => name !== kind)
    const rows = shared.map((field) => {
      const without = kind ? variants.filter((fields) => !fields.has(field.name)).map(kindOf) : []
      return fieldRow(field, prefix, depth, without.length ? `Not with ${kind} ${without.join(', ')}.` : '')
    })
    const own = variants.map((fields, index) => {
      const title = kind ? `<code>${escapeHtml(`${prefix}${kind}: ${kindOf(fields)}`)}</code>` : `variant ${index + 1}`
      const rest = [...fields.values()].filter(
        (field) => field.name !== kind && !shared.some((common) => isSame(common, field)),
      )
      return `<tr><td class="variant" colspan="3">${title}</td></tr>${rest.map((field) => fieldRow(field, prefix, depth)).join('')}`
    })
    return [...rows, ...own].join('')
  }

  return (schema) => objectRows(schema, '', 0)
}

type Variant = ReadonlyMap<string, Field>

/** What more than half of the variants have alike. */
const sharedFields = (variants: readonly Variant[]): Field[] => {
  const all = variants.flatMap((fields) => [...fields.values()])
  return all.filter(
    (field, index) =>
      all.findIndex((other) => isSame(other, field)) === index &&
      variants.filter((fields) => isSame(fields.get(field.name), field)).length * 2 > variants.length,
  )
}

const isSame = (one: Field | undefined, other: Field): boolean => JSON.stringify(one) === JSON.stringify(other)

export const typeText = (schema: JsonSchema): string => {
  if (schema.$ref) return `<a href="#schema-${nameOf(schema.$ref)}">${nameOf(schema.$ref)}</a>`
  if (schema.const !== undefined) return `<code>${escapeHtml(JSON.stringify(schema.const))}</code>`
  if (schema.enum) return schema.enum.map((value) => `<code>${escapeHtml(String(value))}</code>`).join(' | ')
  const union = schema.anyOf ?? schema.oneOf
  if (union) return [...new Set(union.map(typeText))].join(' | ')
  const types: readonly string[] = Array.isArray(schema.type) ? schema.type : [schema.type ?? 'any']
  return types.map((type: string) => (type === 'array' ? `array of ${typeText(schema.items ?? {})}` : type)).join(' | ')
}

/** Lengths, range and default, as far as the schema has them. */
export const bounds = (schema: JsonSchema): string => {
  const parts = [
    schema.minLength === undefined ? '' : `≥ ${schema.minLength} characters`,
    schema.maxLength === undefined ? '' : `≤ ${schema.maxLength} characters`,
    schema.minimum === undefined || schema.minimum <= Number.MIN_SAFE_INTEGER ? '' : `≥ ${schema.minimum}`,
    schema.maximum === undefined || schema.maximum >= Number.MAX_SAFE_INTEGER ? '' : `≤ ${schema.maximum}`,
    schema.default === undefined ? '' : `default <code>${escapeHtml(JSON.stringify(schema.default))}</code>`,
  ].filter(Boolean)
  return parts.length ? ` <span class="soft">${parts.join(', ')}</span>` : ''
}
