import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { buildLambdas, bytesWithoutSdk, listLambdas } from './lambda-bundle.ts'

const LIMIT_KIB = 300
const root = fileURLToPath(new URL('..', import.meta.url))

it('every lambda is at most 300 KiB without the AWS SDK', async () => {
  const outputs = await buildLambdas(root, { sourcemap: false, write: false })
  const sizes = Object.entries(outputs).map(([file, output]) => ({
    name: file.replace(/^dist\/lambdas\/|\/index\.mjs$/g, ''),
    ownKib: Math.round(bytesWithoutSdk(output) / 1024),
    totalKib: Math.round(output.bytes / 1024),
  }))
  process.stdout.write(
    `${sizes.map(({ name, ownKib, totalKib }) => `${name} ${ownKib} KiB of ${totalKib}`).join('; ')}\n`,
  )
  expect(sizes.map(({ name }) => name).sort()).toEqual(listLambdas(root))
  expect(sizes.filter(({ ownKib }) => ownKib > LIMIT_KIB)).toEqual([])
}, 60_000)
