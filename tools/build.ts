import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { buildLambdas } from './lambda-bundle.ts'
import { workerBundleOptions } from './worker-bundle.ts'
import { removeOthers } from './write-atomically.ts'

/**
 * Bundles every lambda (one folder each, entry <name>/<name>.lambda.ts) and the session worker in one esbuild call:
 * dist/lambdas/<name>/index.mjs and dist/session-task/*.mjs. The CDK app takes the folders as they are, so equal
 * sources give equal asset hashes: nothing here depends on time, machine or order. Builds may run side by side.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const LAMBDA_LIMIT_BYTES = 2_000_000

const startedAt = performance.now()
const lambdas = await buildLambdas(root)

const worker = existsSync(join(root, 'session-task/main.ts')) ? await build(workerBundleOptions(root)) : null

const outputs = { ...lambdas, ...worker?.metafile.outputs }
for (const [path, { bytes }] of Object.entries(outputs)) {
  if (!path.endsWith('.mjs')) continue
  process.stdout.write(`${String(Math.ceil(bytes / 1024)).padStart(6)} KiB  ${path}\n`)
  if (path.startsWith('dist/lambdas/') && bytes > LAMBDA_LIMIT_BYTES)
    throw new Error(`${path} is larger than ${LAMBDA_LIMIT_BYTES} bytes: look for an accidental import`)
}
removeOthers(root, 'dist', new Set(Object.keys(outputs)))
process.stdout.write(`built in ${Math.round(performance.now() - startedAt)} ms\n`)
