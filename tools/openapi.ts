import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { makeEventFiles } from './event-pages.ts'
import { makeLimitsPage } from './limits-page.ts'
import { messageTypesPage } from './message-types/page.ts'
import { makeErrorPage, makeOpenApi } from './openapi-document.ts'
import { makeReferencePage } from './reference-page.ts'
import { makeSdkResources, makeSdkTypes } from './sdk-source.ts'

/**
 * `npm run openapi`: writes docs/api/, docs/events/ and the SDK's generated files from the contract. A test says when they are out of
 * date. `npm run openapi -- --release` also makes this version the one that later ones must not break.
 */
const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
mkdirSync('docs/api', { recursive: true })
writeFileSync('docs/api/openapi.json', `${JSON.stringify(makeOpenApi(version), null, 2)}\n`)
writeFileSync('docs/api/errors.md', makeErrorPage())
writeFileSync('docs/api/index.html', makeReferencePage(JSON.parse(JSON.stringify(makeOpenApi(version)))))
writeFileSync('docs/api/limits.md', makeLimitsPage())
writeFileSync('docs/message-types.md', messageTypesPage())
writeFileSync('sdk/src/types.ts', makeSdkTypes(version))
writeFileSync('sdk/src/resources.ts', makeSdkResources())
rmSync('docs/events', { recursive: true, force: true })
mkdirSync('docs/events/schemas', { recursive: true })
for (const [path, content] of makeEventFiles()) writeFileSync(path, content)
if (process.argv.includes('--release'))
  writeFileSync('docs/api/openapi.released.json', readFileSync('docs/api/openapi.json'))
