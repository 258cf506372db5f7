import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { UserError } from '../cli/user-error.ts'
import { writeFileAtomically } from '../cloud/json-file.ts'
import { checkData, LOCK } from './check-data.ts'
import { makeWritableDirectory } from './directory.ts'

const FORMAT = 1
const MARKER = 'fleetline.json'
const OWNER = 'pid.txt'

export interface DataDir {
  readonly path: string
  release(): void
}

/**
 * Takes the data directory for this process. `dynamodb` names the emulator that will write its tables: another one could
 * not read them. The lock is an exclusive SQLite transaction: the system gives it back
 * whatever ends the process, and when the returned object is garbage: keep it. @throws UserError when somebody else has it, or it is not ours, or damaged
 */
export const openDataDir = (path: string, options: { fresh: boolean; dynamodb: string }): DataDir => {
  assertOurs(path)
  makeWritableDirectory(path)
  const lock = takeLock(path)
  try {
    if (options.fresh)
      for (const entry of readdirSync(path)) if (!isLockFile(entry)) rmSync(join(path, entry), { recursive: true })
    const marker = join(path, MARKER)
    if (existsSync(marker)) checkMarker(path, marker, options.dynamodb)
    else writeFileAtomically(marker, JSON.stringify({ format: FORMAT, dynamodb: options.dynamodb }))
    writeFileAtomically(join(path, OWNER), String(process.pid))
    checkData(path)
  } catch (error) {
    lock.close()
    throw error
  }
  return { path, release: () => lock.close() }
}

/** @throws UserError while a platform is running on it; changes nothing */
export const assertNotRunning = (path: string): void => {
  if (existsSync(join(path, LOCK))) takeLock(path).close()
}

/** Removes everything. @returns whether there was something. @throws UserError while a platform is running on it */
export const resetDataDir = (path: string): boolean => {
  if (!existsSync(path)) return false
  assertOurs(path)
  makeWritableDirectory(path)
  const lock = takeLock(path)
  rmSync(path, { recursive: true, force: true })
  lock.close()
  return true
}

const isLockFile = (name: string): boolean => name.startsWith(LOCK) || name === OWNER

/** A directory with a lock alone is ours: its first start was killed before it could write the marker. */
const assertOurs = (path: string): void => {
  if (!existsSync(path)) return
  if (!statSync(path).isDirectory()) throw new UserError(`${path} is a file: choose a directory with --data-dir`)
  const entries = listing(path)
  if (!entries.includes(MARKER) && !entries.every(isLockFile))
    throw new UserError(`${path} is not empty and not a Fleetline data directory: choose another with --data-dir`)
}

const listing = (path: string): string[] => {
  try {
    return readdirSync(path)
  } catch (error) {
    throw new UserError(
      `${path} cannot be read (${(error as NodeJS.ErrnoException).code}): choose another directory with --data-dir`,
    )
  }
}

const takeLock = (path: string): DatabaseSync => {
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(join(path, LOCK))
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock?.close()
    if (/locked|busy/i.test((error as Error).message))
      throw new UserError(
        `another Fleetline runs on ${path}${ownerOf(path)}: stop it, or choose another directory with --data-dir`,
      )
    // Nothing is kept in the lock file: a damaged one is simply made again.
    if (!/not a database|malformed/i.test((error as Error).message))
      throw new UserError(`${path} cannot be locked (${(error as Error).message}): choose another with --data-dir`)
    rmSync(join(path, LOCK))
    return takeLock(path)
  }
}

const ownerOf = (path: string): string => {
  const file = join(path, OWNER)
  return existsSync(file) ? ` (pid ${readFileSync(file, 'utf8')})` : ''
}

const checkMarker = (path: string, marker: string, dynamodb: string): void => {
  let format: unknown
  let writtenBy: unknown
  try {
    ;({ format, dynamodb: writtenBy = dynamodb } = JSON.parse(readFileSync(marker, 'utf8')))
  } catch (error) {
    throw new UserError(
      `${marker} is damaged (${(error as Error).message}): npm run reset clears the data directory, npm start -- --fresh starts over`,
    )
  }
  if (format !== FORMAT)
    throw new UserError(
      `${path} was written by another version of Fleetline (format ${format}, this one has ${FORMAT}): use that version, or npm run reset clears it`,
    )
  if (writtenBy !== dynamodb)
    throw new UserError(
      `the tables in ${path} were written by ${writtenBy}, and this start would use ${dynamodb}: set FLEETLINE_DYNAMODB=${writtenBy}, or choose another --data-dir`,
    )
}
