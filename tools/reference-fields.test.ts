import { expect, it } from 'vitest'
import type { JsonSchema } from '../shared/contract/json-schema.ts'
import { makeFieldRows } from './reference-fields.ts'

const body: JsonSchema = { type: 'string', description: 'What it says' }
const kindOf = (type: string, fields: Record<string, JsonSchema>, required = ['type', 'to']): JsonSchema => ({
  properties: { type: { const: type }, ...fields },
  required,
})
const text = kindOf('text', { to: body, audience: body, text: body })
const image = kindOf('image', { to: body, image: body })
const namesOf = (html: string) =>
  [...html.matchAll(/<td[^>]*>(?:<code>)?([^<]+)/g)].map(([, name]) => name).filter((name) => name !== 'string')

it('a union shows what most of its kinds share once, and each kind by its name with what is its own', () => {
  const rows = makeFieldRows({})({ oneOf: [text, image, kindOf('edit', { to: body, edit: body }, ['type'])] })
  expect(namesOf(rows).filter((name) => name !== 'What it says')).toEqual([
    'to',
    ...['type: &quot;text&quot;', 'audience', 'text'],
    ...['type: &quot;image&quot;', 'image'],
    ...['type: &quot;edit&quot;', 'to', 'edit'],
  ])
})

it('a shared field says which kinds do not have it', () => {
  const rows = makeFieldRows({})({ oneOf: [text, image, kindOf('edit', { edit: body })] })
  expect(rows).toContain('Not with type &quot;edit&quot;.')
  expect(rows).not.toContain('Not with type &quot;text&quot;')
})

it('inner objects, items and the object among other choices show their fields by path', () => {
  const inner = { properties: { seconds: body } }
  const rows = makeFieldRows({})({
    properties: { timer: inner, steps: { type: 'array', items: inner }, way: { anyOf: [body, inner] } },
  })
  expect(namesOf(rows)).toEqual(expect.arrayContaining(['timer.seconds', 'steps[].seconds', 'way.seconds']))
})
