import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findBreaks } from './openapi-compatibility.ts'

const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
const released = read('docs/api/openapi.released.json')

describe('compatibility', () => {
  it('the API breaks no client of the last released version', () => {
    expect(findBreaks(released, read('docs/api/openapi.json'))).toEqual([])
  })

  // biome-ignore lint/suspicious/noExplicitAny: a planted change has whatever shape it needs
  const planted: [string, (document: any) => void, string][] = [
    ['a removed operation', (d) => delete d.paths['/v1/limits'], 'GET /v1/limits: removed'],
    ['a renamed operation', (d) => (d.paths['/v1/limits'].get.operationId = 'x'), 'operationId getLimits became x'],
    ['a field gone from an answer', (d) => delete d.components.schemas.Session.properties.phone, 'phone: gone'],
    ['a field that may be missing', (d) => d.components.schemas.Session.required.shift(), 'may be missing now'],
    [
      'a type changed in an answer',
      (d) => (d.components.schemas.Session.properties.name = { type: 'integer' }),
      'name: may be integer now',
    ],
    [
      'a null that was not there',
      (d) => (d.components.schemas.Session.properties.name = { type: ['string', 'null'] }),
      'name: may be null now',
    ],
    [
      'a new required field',
      (d) => d.paths['/v1/sessions'].post.requestBody.content['application/json'].schema.required.push('metadata'),
      'metadata: became required',
    ],
    [
      'a field not accepted any more',
      (d) => delete d.paths['/v1/sessions'].post.requestBody.content['application/json'].schema.properties.metadata,
      'not accepted any more',
    ],
    [
      'a shorter text',
      (d) =>
        (d.paths['/v1/sessions'].post.requestBody.content['application/json'].schema.properties.name.maxLength = 10),
      'maxLength became 10',
    ],
    [
      'a value of an enum refused',
      (d) =>
        d.paths['/v1/sessions'].get.parameters.find((p: { name: string }) => p.name === 'status').schema.enum.pop(),
      'is not accepted any more',
    ],
    [
      'a new required parameter',
      (d) => (d.paths['/v1/limits'].get.parameters = [{ in: 'query', name: 'x', required: true, schema: {} }]),
      'parameter query x became required',
    ],
    [
      'a success that is not answered',
      (d) => delete d.paths['/v1/sessions'].post.responses[201],
      '201 is not answered any more',
    ],
    [
      'a content type gone',
      (d) => delete d.paths['/v1/usage'].get.responses[200].content['text/csv'],
      'text/csv is gone',
    ],
  ]
  it.each(planted)('finds %s', (_what, change, expected) => {
    const document = structuredClone(released)
    change(document)
    expect(findBreaks(released, document).join('\n')).toContain(expected)
  })

  it('additions are fine', () => {
    const document = structuredClone(released)
    document.paths['/v1/new'] = { get: { operationId: 'x', responses: {} } }
    document.components.schemas.Session.properties.extra = { type: 'string' }
    document.components.schemas.Session.properties.status.enum.push('sleeping')
    document.paths['/v1/sessions'].post.requestBody.content['application/json'].schema.properties.extra = {
      type: 'string',
    }
    document.paths['/v1/sessions'].get.parameters.push({ in: 'query', name: 'extra', schema: { type: 'string' } })
    expect(findBreaks(released, document)).toEqual([])
  })
})
