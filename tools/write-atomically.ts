import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { OutputFile, Plugin } from 'esbuild'

/** What is being written, on the same disk and in no folder that is anybody's. */
const PARTS = '.parts'

/**
 * Writes what changed, each file in one step: whoever starts a worker or reads dist/ beside a build finds every file whole,
 * and a file that stays the same keeps its time.
 */
export const writeAtomically: Plugin = {
  name: 'write-atomically',
  setup: (build) => {
    const { write, outdir, outfile = '', absWorkingDir = '' } = build.initialOptions
    if (write === false) return
    build.initialOptions.write = false
    const parts = join(resolve(absWorkingDir, outdir ?? dirname(outfile)), PARTS)
    build.onEnd(({ outputFiles }) => {
      for (const file of outputFiles ?? []) writeIfOther(file, parts)
    })
  },
}

const writeIfOther = ({ path, contents }: OutputFile, parts: string): void => {
  if (sizeOf(path) === contents.length && readFileSync(path).equals(contents)) return
  mkdirSync(dirname(path), { recursive: true })
  mkdirSync(parts, { recursive: true })
  const part = join(parts, randomUUID())
  writeFileSync(part, contents)
  renameSync(part, path)
}

const sizeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size

/** Deletes what an earlier build left; what another one is writing stays. @param kept paths of the files that stay, relative to the folder's parent */
export const removeOthers = (parent: string, folder: string, kept: ReadonlySet<string>): void => {
  for (const entry of readdirSync(join(parent, folder), { withFileTypes: true })) {
    if (entry.name === PARTS) continue
    const path = `${folder}/${entry.name}`
    if (!entry.isDirectory()) {
      if (!kept.has(path)) rmSync(join(parent, path), { force: true })
    } else if ([...kept].some((file) => file.startsWith(`${path}/`))) removeOthers(parent, path, kept)
    else rmSync(join(parent, path), { recursive: true, force: true })
  }
}
