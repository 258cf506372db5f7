import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findDynamoDb } from './dynamodb-engine.ts'

/** The contract suites of the repositories and of the emulator itself. */
const SUITES = ['shared/store', 'local/cloud/dynamodb.test.ts', 'lambdas/fleet-reconciler/fleet.test.ts']

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/** Empty: DynamoDB Local is here. */
const whyNot = (): string => {
  try {
    findDynamoDb({ ...process.env, FLEETLINE_DYNAMODB: 'dynamodb-local' })
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

const reason = whyNot()
it.skipIf(reason !== '')(
  `the repositories keep their contract on DynamoDB Local as well${reason && ` (skipped: ${reason})`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleetline-second-'))
    const outputFile = join(folder, 'report.json')
    const { stderr } = spawnSync(
      process.execPath,
      [
        'node_modules/vitest/vitest.mjs',
        ...['run', '--project', 'unit', '--reporter=json', `--outputFile=${outputFile}`],
        ...SUITES,
      ],
      { env: { ...process.env, FLEETLINE_DYNAMODB: 'dynamodb-local' }, encoding: 'utf8' },
    )
    const report = JSON.parse(readFileSync(outputFile, 'utf8')) as Report
    rmSync(folder, { recursive: true })
    const results = report.testResults.flatMap(({ assertionResults }) => assertionResults)
    const count = (status: string) => results.filter((result) => result.status === status).length
    console.log(`DynamoDB Local: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`)
    expect(
      results.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
      stderr,
    ).toEqual([])
    expect(count('passed')).toBeGreaterThan(30)
  },
  900_000,
)
