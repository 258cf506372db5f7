import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { UserError } from '../cli/user-error.ts'

/**
 * Makes a directory and its parents, one level at a time: mkdirSync's `recursive` never returns for a path under a file
 * system that answers ENOENT to mkdir, such as /proc. @throws UserError when it cannot be made or written
 */
export const makeWritableDirectory = (path: string): void => {
  try {
    makeOneByOne(path)
    if (!statSync(path).isDirectory()) throw new UserError(`${path} is a file: choose a directory with --data-dir`)
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    if (error instanceof UserError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new UserError(`${path} cannot be written (${code}): choose another directory with --data-dir`)
  }
}

const makeOneByOne = (path: string): void => {
  if (existsSync(path)) return
  makeOneByOne(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}
