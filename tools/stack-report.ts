import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Template } from 'aws-cdk-lib/assertions'
import { buildApp, stackList } from '../infra/build-app.ts'
import { selectConfig } from '../infra/config/select-config.ts'
import { RUNBOOK } from '../infra/constructs/runbook-alarm.ts'

/** `node tools/stack-report.ts [environment]`: resources of each stack, and every alarm with its heading. */
const root = fileURLToPath(new URL('..', import.meta.url))
const LIMIT = 500

const folder = mkdtempSync(join(tmpdir(), 'fleetline-report-'))
try {
  const config = selectConfig(process.argv[2] ?? 'prod')
  const { stacks } = buildApp({
    config,
    version: '0.0.0-report',
    root,
    // Code changes no count: the tests' stand-in saves the build.
    lambdaFolder: () => join(root, 'infra/test/fixtures/lambda'),
    outputFolder: folder,
  })
  let alarms: string[] = []
  let total = 0
  for (const stack of stackList(stacks)) {
    const { Resources } = Template.fromStack(stack).toJSON() as {
      Resources: Record<string, { Type: string; Properties?: { AlarmName?: string } }>
    }
    const count = Object.keys(Resources).length
    total += count
    process.stdout.write(`${String(count).padStart(5)} of ${LIMIT}  ${stack.stackName}\n`)
    alarms = alarms.concat(
      Object.values(Resources).flatMap(({ Type, Properties }) =>
        Type === 'AWS::CloudWatch::Alarm' ? [String(Properties?.AlarmName)] : [],
      ),
    )
  }
  process.stdout.write(`${String(total).padStart(5)} in all\n\n${alarms.length} alarms:\n`)
  for (const name of alarms.sort())
    process.stdout.write(`  ${name}  docs/${RUNBOOK}#${name.replace(/^fleetline-[^-]+-[^-]+-/, '')}\n`)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
