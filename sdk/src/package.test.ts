import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'

const run = promisify(execFile)
const dist = mkdtempSync(join(tmpdir(), 'fleetline-sdk-'))
afterAll(() => rmSync(dist, { recursive: true, force: true }))

it('builds to ES modules with types that load in plain Node, without dependencies', async () => {
  await run('node_modules/.bin/tsc', ['-p', 'sdk/tsconfig.json', '--outDir', dist])
  expect(existsSync(join(dist, 'main.d.ts'))).toBe(true)
  const script = `import(${JSON.stringify(pathToFileURL(join(dist, 'main.js')))}).then((sdk) => console.log(Object.keys(sdk).sort().join()))`
  const { stdout } = await run(process.execPath, ['--no-strip-types', '-e', script])
  expect(stdout.trim()).toBe(
    'Fleetline,FleetlineConnectionError,FleetlineError,ListRequest,WebhookVerificationError,verifyWebhook',
  )
  const manifest = JSON.parse(readFileSync('sdk/package.json', 'utf8'))
  expect(manifest.dependencies).toBeUndefined()
})
