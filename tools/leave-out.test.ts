import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { API_FUNCTIONS, type Operation } from '../shared/contract/operation.ts'
import { operations } from '../shared/contract/operations.ts'
import { leaveOutDescriptions, leaveOutJsonSchema, leaveOutOtherOperations } from './leave-out.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const all: Readonly<Record<string, Operation>> = operations

/** The contract as the bundle of one function has it. */
const bundledOperations = async (functionName: string): Promise<Readonly<Record<string, Operation>>> => {
  const { outputFiles } = await build({
    stdin: { contents: "export { operations } from './shared/contract/operations.ts'", resolveDir: root },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    plugins: [leaveOutJsonSchema, leaveOutOtherOperations(root, functionName), leaveOutDescriptions],
  })
  const text = Buffer.from(outputFiles[0]!.contents).toString('base64')
  return (await import(`data:text/javascript;base64,${text}`)).operations
}

it.each(API_FUNCTIONS)('%s: knows every route, and its own operations whole', async (functionName) => {
  const bundled = await bundledOperations(functionName)
  expect(Object.keys(bundled).sort()).toEqual(Object.keys(all).sort())
  for (const [name, operation] of Object.entries(all)) {
    const { method, path, function: of, auth, scopes, idempotent, testModeOnly, sessionKeys } = operation
    const rights = { method, path, function: of, auth, scopes, idempotent, testModeOnly, sessionKeys }
    expect(bundled[name]).toMatchObject(JSON.parse(JSON.stringify(rights)))
    if (operation.function !== functionName) continue
    // Schemas are functions and cycles: their parts are compared by what they accept.
    for (const part of ['params', 'query', 'body'] as const) {
      expect(Boolean(bundled[name]![part])).toBe(Boolean(operation[part]))
      for (const probe of [{}, { limit: '5' }, { name: 'x' }, { nonsense: 1 }, null, 'x'])
        expect(bundled[name]![part]?.safeParse(probe).success).toBe(operation[part]?.safeParse(probe).success)
    }
    const { faults, notFound, maximumBodyBytes } = operation
    expect(bundled[name]).toMatchObject(JSON.parse(JSON.stringify({ faults, notFound, maximumBodyBytes })))
  }
})

it('a schema of a bundle refuses to become JSON schema', async () => {
  const { outputFiles } = await build({
    stdin: { contents: "import * as z from 'zod'; z.string().toJSONSchema()", resolveDir: root },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    plugins: [leaveOutJsonSchema],
  })
  const text = Buffer.from(outputFiles[0]!.contents).toString('base64')
  await expect(import(`data:text/javascript;base64,${text}`)).rejects.toThrow('left out of the lambda bundles')
})
