import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildOptions, Metafile, Plugin } from 'esbuild'

/** Names of all lambdas: one folder each, entry <name>/<name>.lambda.ts. @throws when a folder has no entry */
export const listLambdas = (root: string): readonly string[] => {
  const names = readdirSync(join(root, 'lambdas'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
  const missing = names.filter((name) => !existsSync(join(root, 'lambdas', name, `${name}.lambda.ts`)))
  if (missing.length) throw new Error(`lambda folders without <name>.lambda.ts: ${missing.join(', ')}`)
  return names
}

/**
 * zod's schemas refer to the code that turns them into JSON schema, 18 KiB that only our generators call. Each of its
 * functions becomes one that says so.
 */
const leaveOutJsonSchema: Plugin = {
  name: 'leave-out-json-schema',
  setup: (build) => {
    build.onLoad({ filter: /zod\/v4\/core\/(json-schema-processors|to-json-schema)\.js$/ }, ({ path }) => {
      const names = [...readFileSync(path, 'utf8').matchAll(/^export (?:const|function) (\w+)/gm)].map(
        ([, name]) => name,
      )
      const absent = "const absent = () => () => { throw new Error('JSON schema is left out of the lambda bundles') }"
      return { contents: [absent, ...names.map((name) => `export const ${name} = absent`)].join('\n'), loader: 'js' }
    })
  },
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

/** Every lambda in one esbuild call: dist/lambdas/<name>/index.mjs. */
export const lambdaBundleOptions = (root: string) => ({
  ...commonBundleOptions(root),
  banner,
  minify: true,
  plugins: [leaveOutJsonSchema],
  entryPoints: listLambdas(root).map((name) => ({ in: `lambdas/${name}/${name}.lambda.ts`, out: `${name}/index` })),
  outdir: 'dist/lambdas',
})

/** The AWS SDK, its runtime and its endpoint cache: what the Lambda runtime could bring itself. */
const SDK =
  /node_modules\/(@aws-sdk|@smithy|@aws-crypto|@aws|@nodable|bowser|fast-xml-parser|strnum|tslib|mnemonist|obliterator)\//

/** Bytes of one bundle that are ours to choose, by esbuild's own account of what went into the file. */
export const bytesWithoutSdk = (output: Metafile['outputs'][string]): number =>
  Object.entries(output.inputs).reduce(
    (sum, [input, { bytesInOutput }]) => (SDK.test(input) ? sum : sum + bytesInOutput),
    0,
  )
