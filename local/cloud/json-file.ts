import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** A small state that survives SIGKILL: written to a temporary file and renamed, mode 0600. */
export interface JsonFile<T> {
  readonly value: T
  save(): void
}

/** @param path undefined keeps the value in memory */
export const openJsonFile = <T>(path: string | undefined, initial: T): JsonFile<T> => {
  if (!path) return { value: initial, save: () => {} }
  mkdirSync(dirname(path), { recursive: true })
  const value: T = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : initial
  return {
    value,
    save: () => writeFileAtomically(path, JSON.stringify(value)),
  }
}

/** The old content or the new one, never half of it; readable by its owner only. */
export const writeFileAtomically = (path: string, text: string): void => {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
