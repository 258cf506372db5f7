import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openDataDir, resetDataDir } from './data-dir.ts'

let root: string
let dataDir: string
let holder: ChildProcess | undefined
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fleetline-data-dir-'))
  dataDir = join(root, 'deep/data')
})
afterEach(() => {
  holder?.kill('SIGKILL')
  rmSync(root, { recursive: true })
})

const open = (fresh = false) => openDataDir(dataDir, { fresh, dynamodb: 'dynoxide' })

const HOLDER = (dir: string) => `
import { openDataDir } from ${JSON.stringify(join(import.meta.dirname, 'data-dir.ts'))}
const held = openDataDir(${JSON.stringify(dir)}, { fresh: false, dynamodb: 'dynoxide' })
console.log('held')
setInterval(() => held.path, 1000)`

it('one process at a time; SIGKILL of the one that has it frees it at once', async () => {
  holder = spawn(process.execPath, ['--input-type=module-typescript', '-e', HOLDER(dataDir)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(holder.stdout!, 'data')
  expect(() => open()).toThrow(`another Fleetline runs on ${dataDir} (pid ${holder.pid})`)
  expect(() => resetDataDir(dataDir)).toThrow('another Fleetline runs')
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  open().release()
})

it('is readable by its owner only, and --fresh empties it but keeps the lock', () => {
  open().release()
  expect(statSync(dataDir).mode & 0o777).toBe(0o700)
  writeFileSync(join(dataDir, 'keys.json'), '{}')
  const held = open(true)
  expect(existsSync(join(dataDir, 'keys.json'))).toBe(false)
  expect(() => open()).toThrow('another Fleetline runs')
  held.release()
})

it('reset removes it, and says so when there was nothing', () => {
  open().release()
  expect(resetDataDir(dataDir)).toBe(true)
  expect(readdirSync(join(root, 'deep'))).toEqual([])
  expect(resetDataDir(dataDir)).toBe(false)
})

it('a damaged lock file keeps nobody out: nothing is kept in it', () => {
  open().release()
  writeFileSync(join(dataDir, 'lock.db'), 'x'.repeat(8192))
  open().release()
})
