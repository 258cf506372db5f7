import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, build, type Metafile } from 'esbuild'
import { leaveOutDescriptions, leaveOutJsonSchema, leaveOutOtherOperations } from './leave-out.ts'
import { writeAtomically } from './write-atomically.ts'

/** what the tests of lambdas share */
const NO_LAMBDA = 'testing'

/** Names of all lambdas: one folder each, entry <name>/<name>.lambda.ts. @throws when a folder has no entry */
export const listLambdas = (root: string): readonly string[] => {
  const names = readdirSync(join(root, 'lambdas'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== NO_LAMBDA)
    .map((entry) => entry.name)
    .sort()
  const missing = names.filter((name) => !existsSync(join(root, 'lambdas', name, `${name}.lambda.ts`)))
  if (missing.length) throw new Error(`lambda folders without <name>.lambda.ts: ${missing.join(', ')}`)
  return names
}

/** What lambdas and the session worker are built with. */
export const commonBundleOptions = (root: string) =>
  ({
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
    outExtension: { '.js': '.mjs' },
  }) as const satisfies BuildOptions

/** CommonJS dependencies call require for built-ins, which an ES module does not have. */
const banner = {
  js: "import { createRequire as createRequireForBundle } from 'node:module'; const require = createRequireForBundle(import.meta.url);",
}

/**
 * Every lambda as dist/lambdas/<name>/index.mjs: one esbuild call for those that know nothing of the contract, one for
 * each API function, which gets its own part of it.
 */
const lambdaBuilds = (root: string): readonly BuildOptions[] => {
  const entry = (name: string) => ({ in: `lambdas/${name}/${name}.lambda.ts`, out: `${name}/index` })
  const common = { ...commonBundleOptions(root), banner, minify: true, outdir: 'dist/lambdas' } as const
  const names = listLambdas(root)
  const ofApi = names.filter((name) => name.startsWith('api-'))
  return [
    {
      ...common,
      plugins: [writeAtomically, leaveOutJsonSchema],
      entryPoints: names.filter((name) => !ofApi.includes(name)).map(entry),
    },
    ...ofApi.map((name) => ({
      ...common,
      plugins: [writeAtomically, leaveOutJsonSchema, leaveOutOtherOperations(root, name), leaveOutDescriptions],
      entryPoints: [entry(name)],
    })),
  ]
}

/** Builds all lambdas. @returns what went into each bundle, by esbuild's own account */
export const buildLambdas = async (root: string, options: BuildOptions = {}): Promise<Metafile['outputs']> => {
  const results = await Promise.all(lambdaBuilds(root).map((one) => build({ ...one, ...options, metafile: true })))
  return Object.assign({}, ...results.map(({ metafile }) => metafile.outputs))
}

/** The AWS SDK, its runtime and its endpoint cache: what the Lambda runtime could bring itself. */
const SDK =
  /node_modules\/(@aws-sdk|@smithy|@aws-crypto|@aws|@nodable|bowser|fast-xml-parser|strnum|tslib|mnemonist|obliterator)\//

/** Bytes of one bundle that are ours to choose, by esbuild's own account of what went into the file. */
export const bytesWithoutSdk = (output: Metafile['outputs'][string]): number =>
  Object.entries(output.inputs).reduce(
    (sum, [input, { bytesInOutput }]) => (SDK.test(input) ? sum : sum + bytesInOutput),
    0,
  )
