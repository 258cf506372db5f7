import { type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * `npm test`: static checks, then every test runner; ends with one line `N passed, N failed` over all of them.
 * A check that fails counts as one failure; so does a runner that dies before it can report.
 */
interface Totals {
  passed: number
  failed: number
}

const reports = mkdtempSync(join(tmpdir(), 'fleetline-test-'))
const totals: Totals = { passed: 0, failed: 0 }

/** @param output where it goes; null: to the terminal */
const run = async (
  title: string,
  command: string,
  args: readonly string[],
  output: string | null,
): Promise<boolean> => {
  const started = Date.now()
  const file = output === null ? null : openSync(output, 'w')
  if (file === null) process.stdout.write(`\n== ${title}\n`)
  const stdio = file === null ? 'inherit' : (['ignore', file, file] as const)
  const [status] = await once(spawn(command, args, { stdio: stdio as StdioOptions, env: process.env }), 'exit')
  if (file !== null) closeSync(file)
  if (output !== null) process.stdout.write(`\n== ${title}\n${readFileSync(output, 'utf8')}`)
  process.stdout.write(
    `== ${title}: ${status === 0 ? 'ok' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`,
  )
  return status === 0
}

const check = async (title: string, command: string, args: readonly string[]): Promise<void> => {
  if (!(await run(title, command, args, null))) totals.failed += 1
}

/**
 * Vitest's and Jest's JSON reports share these fields.
 * @param isBeside another suite has the terminal: what this one prints comes in one piece when it is over
 */
const suite = async (
  title: string,
  command: string,
  args: (file: string) => readonly string[],
  isBeside = false,
): Promise<void> => {
  const name = join(reports, title.replaceAll(/\W+/g, '-'))
  const file = `${name}.json`
  const ok = await run(title, command, args(file), isBeside ? `${name}.log` : null)
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
  totals.passed += report?.numPassedTests ?? 0
  totals.failed += report?.numFailedTests ?? 0
  if (!ok && !report?.numFailedTests) totals.failed += 1
}

/** Half of the time of the end-to-end tests is waiting for clocks: two runs side by side, each one file after the other. */
const FIRST = ['e2e/chaos/', 'e2e/messages/']
const others = FIRST.flatMap((folder) => ['--exclude', `${folder}**`])

await check('lint (biome, import rules, docs)', 'npm', ['run', '-s', 'lint'])
await check('typecheck', 'tsc', ['--noEmit', '-p', '.'])
await suite('unit tests (vitest)', 'vitest', (file) => vitest('unit', file))
await suite('infra tests (jest)', 'jest', (file) => ['--json', `--outputFile=${file}`])
await Promise.all([
  suite('end-to-end tests: chaos, messages (vitest)', 'vitest', (file) => vitest('e2e', file, FIRST)),
  suite('end-to-end tests: all others (vitest)', 'vitest', (file) => vitest('e2e', file, others), true),
])
rmSync(reports, { recursive: true, force: true })

process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed\n`)
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1

function vitest(project: string, file: string, which: readonly string[] = []): string[] {
  return ['run', '--project', project, ...which, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
}
