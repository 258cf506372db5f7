import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
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

const run = (title: string, command: string, args: readonly string[]): boolean => {
  process.stdout.write(`\n== ${title}\n`)
  const started = Date.now()
  const { status } = spawnSync(command, args, { stdio: 'inherit', env: process.env })
  process.stdout.write(
    `== ${title}: ${status === 0 ? 'ok' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`,
  )
  return status === 0
}

const check = (title: string, command: string, args: readonly string[]): void => {
  if (!run(title, command, args)) totals.failed += 1
}

/** Vitest's and Jest's JSON reports share these fields. */
const suite = (title: string, command: string, args: (file: string) => readonly string[]): void => {
  const file = join(reports, `${title.replaceAll(/\W+/g, '-')}.json`)
  const ok = run(title, command, args(file))
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
  totals.passed += report?.numPassedTests ?? 0
  totals.failed += report?.numFailedTests ?? 0
  if (!ok && !report?.numFailedTests) totals.failed += 1
}

check('lint (biome, import rules, docs)', 'npm', ['run', '-s', 'lint'])
check('typecheck', 'tsc', ['--noEmit', '-p', '.'])
suite('unit tests (vitest)', 'vitest', (file) => vitest('unit', file))
suite('infra tests (jest)', 'jest', (file) => ['--json', `--outputFile=${file}`])
suite('end-to-end tests (vitest)', 'vitest', (file) => vitest('e2e', file))
rmSync(reports, { recursive: true, force: true })

process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed\n`)
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1

function vitest(project: string, file: string): string[] {
  return ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
}
