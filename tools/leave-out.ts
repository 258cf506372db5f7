import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'esbuild'
import type { Operation } from '../shared/contract/operation.ts'

/**
 * zod's schemas refer to the code that turns them into JSON schema, 18 KiB that only our generators call. Each of its
 * functions becomes one whose result refuses to be called.
 */
export const leaveOutJsonSchema: Plugin = {
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

const AREA_IMPORT = /^import \{ (\w+) \} from '(\.\/[\w-]+\.ts)'$/gm

/** What the router and the rules of access read of an operation, of whatever function. */
const rightsAndRoute = (operation: Operation) => {
  const { method, path, function: of, auth, scopes, sessionKeys, testModeOnly, idempotent } = operation
  return { method, path, function: of, auth, scopes, sessionKeys, testModeOnly, idempotent }
}

/**
 * The contract as one API function needs it: its own operations whole, of all others no schemas: the router still tells a
 * wrong method from a wrong path. Every function would otherwise make the schemas of all operations
 * at each cold start.
 * @param root repository root
 */
export const leaveOutOtherOperations = (root: string, functionName: string): Plugin => ({
  name: 'leave-out-other-operations',
  setup: (build) => {
    build.onLoad({ filter: /shared\/contract\/operations\.ts$/ }, async ({ path }) => {
      const areas = await Promise.all(
        [...readFileSync(path, 'utf8').matchAll(AREA_IMPORT)].map(async ([line, name, file]) => {
          const module = await import(join(root, 'shared/contract', file!))
          return { line, name: name!, operations: module[name!] as Readonly<Record<string, Operation>> }
        }),
      )
      const complete: Readonly<Record<string, Operation>> = (await import(path)).operations
      const known = areas.flatMap((area) => Object.keys(area.operations))
      const lost = Object.keys(complete).filter((name) => !known.includes(name))
      if (lost.length)
        throw new Error(`operations.ts has operations from elsewhere than its imports: ${lost.join(', ')}`)
      const own = areas.filter((area) => Object.values(area.operations).some((one) => one.function === functionName))
      const names = own.flatMap((area) => Object.keys(area.operations))
      const others = Object.entries(complete)
        .filter(([name]) => !names.includes(name))
        .map(([name, operation]) => [name, rightsAndRoute(operation)])
      const contents = [
        ...own.map((area) => area.line),
        `export const operations = {`,
        ...own.map((area) => `  ...${area.name},`),
        `  ...${JSON.stringify(Object.fromEntries(others))},`,
        '}',
      ]
      return { contents: contents.join('\n'), loader: 'ts', resolveDir: join(root, 'shared/contract') }
    })
  },
})

/** Words for people: the reference, openapi.json and the SDK have them from the sources. */
const WORDS = /\b(description|summary):(\s*)('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")/g

/** Descriptions of the contract are for the generators: in a lambda they are only weight. After leaveOutOtherOperations. */
export const leaveOutDescriptions: Plugin = {
  name: 'leave-out-descriptions',
  setup: (build) => {
    build.onLoad({ filter: /shared\/contract\/.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(WORDS, "$1:$2''"),
      loader: 'ts',
    }))
  },
}
