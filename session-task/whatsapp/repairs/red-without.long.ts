import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WITHOUT } from './without.ts'

/** A repair whose test stays green without it is not tested. Each is taken out of a copy of the tree, one at a time. */
const ROOT = join(import.meta.dirname, '../../..')
const FOLDER = 'session-task/whatsapp/repairs'
const COPIED = ['session-task', 'shared', 'simulator', 'local', 'package.json', 'tsconfig.json', 'vitest.config.ts']
const NOT_REPAIRS = ['without']
/** Tests of a repair that stands on another one fail with it. */
const STANDS_ON: Readonly<Record<string, readonly string[]>> = { 'curve-verify': ['fast-verify'] }

const repairs = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.ts') && !/\.(test|long)\.ts$/.test(name))
  .map((name) => basename(name, '.ts'))
  .filter((name) => !NOT_REPAIRS.includes(name))
const copy = mkdtempSync(join(tmpdir(), 'fleetline-without-'))

beforeAll(() => {
  for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

interface Outcome {
  readonly passed: readonly string[]
  readonly failed: readonly string[]
}

/** Runs the tests of all repairs in the copy. */
const runTests = async (): Promise<Outcome> => {
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', '--project', 'unit', FOLDER, '--reporter=json', `--outputFile=${report}`]
  const child = spawn(process.execPath, [...args, '--testTimeout=10000'], { cwd: copy, stdio: 'ignore' })
  await new Promise((resolve) => child.once('exit', resolve))
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { assertionResults: { fullName: string; status: string }[] }[]
  }
  const all = testResults.flatMap(({ assertionResults }) => assertionResults)
  const namesOf = (status: string) => all.filter((one) => one.status === status).map(({ fullName }) => fullName)
  return { passed: namesOf('passed'), failed: namesOf('failed') }
}

/** Tests say which repair they are of: "repairs of the library curve-verify: …", "media-reupload …". */
const isOf = (repair: string) => (fullName: string) => ` ${fullName}`.includes(` ${repair}`)

test('every repair is listed, used by the product, and green while it is there', async () => {
  expect(Object.keys(WITHOUT).sort()).toEqual([...repairs].sort())
  const product = readdirSync(join(ROOT, 'session-task'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.(test|long)\.ts$/.test(name) && !name.includes('testing/'))
    .map((name) => readFileSync(join(ROOT, 'session-task', name), 'utf8'))
  const unused = repairs.filter((repair) => !product.some((text) => text.includes(`repairs/${repair}.ts'`)))
  expect(unused).toEqual([])
  const { passed, failed } = await runTests()
  expect(failed).toEqual([])
  expect(repairs.filter((repair) => !passed.some(isOf(repair)))).toEqual([])
})

test.each(repairs)('%s: its tests are red without it', async (repair) => {
  const path = join(copy, FOLDER, `${repair}.ts`)
  const original = readFileSync(path, 'utf8')
  writeFileSync(path, `// @ts-nocheck\n${WITHOUT[repair] ?? ''}\n`)
  try {
    const { failed } = await runTests()
    process.stdout.write(`without ${repair}: ${failed.length} red\n`)
    expect(failed.filter(isOf(repair))).not.toEqual([])
    // What fails is the repair's own test, not the whole file.
    const expected = [repair, ...(STANDS_ON[repair] ?? [])]
    expect(failed.filter((name) => !expected.some((one) => isOf(one)(name)))).toEqual([])
  } finally {
    writeFileSync(path, original)
  }
})
