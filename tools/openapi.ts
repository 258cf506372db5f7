import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { makeErrorPage, makeOpenApi } from './openapi-document.ts'

/** `npm run openapi`: writes docs/api/ from the contract. A test says when it is out of date. */
const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
mkdirSync('docs/api', { recursive: true })
writeFileSync('docs/api/openapi.json', `${JSON.stringify(makeOpenApi(version), null, 2)}\n`)
writeFileSync('docs/api/errors.md', makeErrorPage())
