import { describe, expect, it } from 'vitest'
import type { Operation } from '../shared/contract/operation.ts'
import { operations } from '../shared/contract/operations.ts'
import { exampleOf } from './example-of.ts'
import { makeOpenApi } from './openapi-document.ts'
import type { Document } from './reference-page.ts'

/** The examples of the reference page are made from the document; here the contract itself judges them. */
const document = makeOpenApi('0.0.0') as Document
const { schemas } = document.components
const all = Object.entries(operations as Record<string, Operation>)
const describedOf = ({ path, method }: Operation) => document.paths[path]![method.toLowerCase()]!

describe('examples of the reference page', () => {
  it.each(all.filter(([, { body }]) => body))('%s: the request is one that the contract takes', (_, operation) => {
    const schema = describedOf(operation).requestBody!.content['application/json'].schema
    expect(operation.body!.safeParse(exampleOf(schemas, schema, 'request')).error).toBeUndefined()
  })

  const answers = all.flatMap(([name, operation]) =>
    Object.entries(operation.responses).flatMap(([status, schema]) =>
      schema ? [[name, status, operation, schema] as const] : [],
    ),
  )
  it.each(answers)('%s: the answer %s is one that the contract gives', (_, status, operation, schema) => {
    const described = describedOf(operation).responses[status]!.content!['application/json']!.schema
    expect(schema.safeParse(exampleOf(schemas, described, 'answer')).error).toBeUndefined()
  })
})
