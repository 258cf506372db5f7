import { existsSync, readdirSync } from 'node:fs'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

const LIMIT_KIB = 300
/**
 * Bytes of each lambda that are ours to choose: without the AWS SDK (and its runtime), which the platform would bring.
 * By esbuild's own account of what went into the file.
 */
const measure = async () => {
  const names = readdirSync('lambdas', { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(`lambdas/${entry.name}/${entry.name}.lambda.ts`))
    .map((entry) => entry.name)
  const { metafile } = await build({
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    metafile: true,
    write: false,
    legalComments: 'none',
    logLevel: 'silent',
    outExtension: { '.js': '.mjs' },
    entryPoints: names.map((name) => ({ in: `lambdas/${name}/${name}.lambda.ts`, out: name })),
    outdir: 'dist',
  })
  return Object.entries(metafile.outputs).map(([file, output]) => {
    const parts = Object.entries(output.inputs)
    const own = parts.filter(
      ([input]) =>
        !/node_modules\/(@aws-sdk|@smithy|@aws-crypto|@aws|@nodable|bowser|fast-xml-parser|strnum|tslib|mnemonist|obliterator)\//.test(
          input,
        ),
    )
    return {
      name: file.replace(/^dist\/|\.mjs$/g, ''),
      ownKib: Math.round(own.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0) / 1024),
      totalKib: Math.round(output.bytes / 1024),
    }
  })
}

it('every lambda is at most 300 KiB without the AWS SDK', async () => {
  const sizes = await measure()
  process.stdout.write(
    `${sizes.map(({ name, ownKib, totalKib }) => `${name} ${ownKib} KiB of ${totalKib}`).join('; ')}\n`,
  )
  expect(sizes.length).toBeGreaterThan(7)
  expect(sizes.filter(({ name, ownKib }) => ownKib > LIMIT_KIB)).toEqual([])
}, 60_000)
