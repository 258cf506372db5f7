import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeOthers, writeAtomically } from './write-atomically.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetline-build-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const buildText = (text: string) =>
  build({
    stdin: { contents: `console.log(${JSON.stringify(text)})` },
    outfile: join(folder, 'dist/one.mjs'),
    plugins: [writeAtomically],
    logLevel: 'silent',
  })

test('a build beside another one never leaves a file away, half or with a name of its own', async () => {
  await Promise.all(Array.from({ length: 8 }, () => buildText('the same')))
  expect(readdirSync(join(folder, 'dist'))).toEqual(['.parts', 'one.mjs'])
  expect(readdirSync(join(folder, 'dist/.parts'))).toEqual([])
  expect(readFileSync(join(folder, 'dist/one.mjs'), 'utf8')).toBe('console.log("the same");\n')
})

test('what stays the same is not written, what changed is another file', async () => {
  await buildText('first')
  const inodeOf = () => statSync(join(folder, 'dist/one.mjs')).ino
  const before = inodeOf()
  await buildText('first')
  expect(inodeOf()).toBe(before)
  await buildText('other')
  expect(inodeOf()).not.toBe(before)
  expect(readFileSync(join(folder, 'dist/one.mjs'), 'utf8')).toContain('other')
})

test('what an earlier build left goes, and nothing else: what another one is writing stays', () => {
  for (const path of [
    'dist/.parts/another',
    'dist/lambdas/old/index.mjs',
    'dist/lambdas/new/index.mjs',
    'dist/stale.mjs',
    'beside.txt',
  ]) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), '')
  }
  removeOthers(folder, 'dist', new Set(['dist/lambdas/new/index.mjs']))
  expect(readdirSync(join(folder, 'dist'), { recursive: true }).sort()).toEqual([
    '.parts',
    '.parts/another',
    'lambdas',
    'lambdas/new',
    'lambdas/new/index.mjs',
  ])
  expect(existsSync(join(folder, 'beside.txt'))).toBe(true)
})
