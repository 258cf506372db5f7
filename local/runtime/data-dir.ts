import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { UserError } from '../cli/user-error.ts'

const FORMAT = 1
const MARKER = 'fleetline.json'

export interface DataDir {
  readonly path: string
  release(): void
}

/**
 * Takes the data directory for this process. The lock is an exclusive SQLite transaction: the system gives it back
 * whatever ends the process. @throws UserError when somebody else has it, or it is not ours, or damaged
 */
export const openDataDir = (path: string, fresh: boolean): DataDir => {
  const marker = join(path, MARKER)
  const entries = existsSync(path) ? readdirSync(path) : []
  if (entries.length > 0 && !existsSync(marker))
    throw new UserError(`${path} is not empty and not a Fleetline data directory: choose another with --data-dir`)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const lock = takeLock(path)
  if (fresh)
    for (const entry of readdirSync(path))
      if (!entry.startsWith('lock.db')) rmSync(join(path, entry), { recursive: true })
  if (existsSync(marker)) checkMarker(path, marker)
  else writeFileSync(marker, JSON.stringify({ format: FORMAT }))
  return { path, release: () => lock.close() }
}

/** Removes everything. @throws UserError while a platform is running on it */
export const resetDataDir = (path: string): boolean => {
  if (!existsSync(path)) return false
  openDataDir(path, true).release()
  rmSync(path, { recursive: true, force: true })
  return true
}

const takeLock = (path: string): DatabaseSync => {
  const lock = new DatabaseSync(join(path, 'lock.db'))
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (/locked|busy/i.test((error as Error).message))
      throw new UserError(`another Fleetline runs on ${path}: stop it, or choose another directory with --data-dir`)
    throw new UserError(`${path} is damaged (lock.db): npm run reset clears it, npm start -- --fresh starts over`)
  }
}

const checkMarker = (path: string, marker: string): void => {
  let format: unknown
  try {
    format = JSON.parse(readFileSync(marker, 'utf8')).format
  } catch (error) {
    throw new UserError(`${path} is damaged (${MARKER}: ${(error as Error).message}): npm run reset clears it`)
  }
  if (format !== FORMAT)
    throw new UserError(`${path} was written by another version (format ${format}): npm run reset clears it`)
}
