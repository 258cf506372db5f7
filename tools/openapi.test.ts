import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Operation } from '../shared/contract/operation.ts'
import { operations } from '../shared/contract/operations.ts'
import { makeLimitsPage } from './limits-page.ts'
import { makeErrorPage, makeOpenApi } from './openapi-document.ts'
import { makeReferencePage } from './reference-page.ts'
import { makeSdkResources, makeSdkTypes } from './sdk-source.ts'

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
// biome-ignore lint/suspicious/noExplicitAny: the document is read like any JSON
const document = JSON.parse(JSON.stringify(makeOpenApi(version))) as any

describe('docs/api', () => {
  it('openapi.json is up to date (npm run openapi)', () => {
    expect(readFileSync('docs/api/openapi.json', 'utf8')).toBe(`${JSON.stringify(document, null, 2)}\n`)
  })
  it('errors.md is up to date (npm run openapi)', () => {
    expect(readFileSync('docs/api/errors.md', 'utf8')).toBe(makeErrorPage())
  })
  it('index.html is up to date, loads nothing from elsewhere and names every operation', () => {
    const page = readFileSync('docs/api/index.html', 'utf8')
    expect(page).toBe(makeReferencePage(document))
    expect(page).not.toMatch(/<script|<link|<img|src=|@import|url\(/)
    for (const name of Object.keys(operations)) expect(page).toContain(`id="${name}"`)
    for (const [, id] of page.matchAll(/href="#([^"]+)"/g)) expect(page).toContain(`id="${id}"`)
  })
  it('limits.md and the SDK are up to date (npm run openapi)', () => {
    expect(readFileSync('docs/api/limits.md', 'utf8')).toBe(makeLimitsPage())
    expect(readFileSync('sdk/src/types.ts', 'utf8')).toBe(makeSdkTypes(version))
    expect(readFileSync('sdk/src/resources.ts', 'utf8')).toBe(makeSdkResources())
  })
  it('is the same each time it is made', () => {
    expect(JSON.stringify(makeOpenApi(version))).toBe(JSON.stringify(document))
  })
})

describe.each(Object.entries(operations as Record<string, Operation>))('%s', (name, operation) => {
  it('is in the document with its parameters, answers and errors', () => {
    const described = document.paths[operation.path][operation.method.toLowerCase()]
    expect(described.operationId).toBe(name)
    const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()
    const declared = (described.parameters ?? []).filter((parameter: { in: string }) => parameter.in === 'path')
    expect(declared.map((parameter: { name: string }) => parameter.name).sort()).toEqual(inPath)
    for (const status of Object.keys(operation.responses)) expect(described.responses[status]).toBeDefined()
    if (operation.auth !== 'none') expect(described.responses[401]).toBeDefined()
  })
  it('every {parameter} of the path is validated', () => {
    const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).sort()
    expect(Object.keys(operation.params?.shape ?? {}).sort()).toEqual(inPath)
  })
})
