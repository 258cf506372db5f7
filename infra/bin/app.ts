import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildApp } from '../build-app.ts'
import { selectConfig } from '../config/select-config.ts'

/**
 * `node infra/bin/app.ts` (or the CDK CLI) writes cdk.out. The environment is FLEETLINE_ENV or `-c environment=`,
 * by default local; the version is FLEETLINE_VERSION or that of package.json.
 */
const root = fileURLToPath(new URL('../..', import.meta.url))
const contextOfCli = JSON.parse(process.env.CDK_CONTEXT_JSON ?? '{}')
const environment: string = contextOfCli.environment ?? process.env.FLEETLINE_ENV ?? 'local'

const lambdaFolder = (name: string): string => {
  const folder = join(root, 'dist/lambdas', name)
  if (!existsSync(join(folder, 'index.mjs')))
    throw new Error(`${relative(root, folder)} is not built: run \`npm run build\` first`)
  return folder
}

try {
  const { app } = buildApp({
    config: selectConfig(environment),
    version: process.env.FLEETLINE_VERSION || JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
    root,
    lambdaFolder,
    outputFolder: process.env.CDK_OUTDIR ?? join(root, 'cdk.out'),
  })
  app.synth()
} catch (error) {
  process.stderr.write(`synth of "${environment}" failed: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
