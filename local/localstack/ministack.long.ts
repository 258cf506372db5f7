import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterAll, expect, it } from 'vitest'
import { freePort } from '../cloud/free-port.ts'
import { readOutcome, type SuiteReport } from './suite-report.ts'
import { NOT_APPLICABLE, SKIPPED_TESTS, SUITES } from './suites.ts'

/** The second emulator: the CDK CLI deploys the app to it, our runner starts its tasks, the end-to-end suite talks to it. */
const PROGRAM = process.env.FLEETLINE_MINISTACK || 'ministack'
const reason =
  spawnSync('sh', ['-c', 'command -v "$0"', PROGRAM]).status === 0 ? '' : `no ${PROGRAM} here: pip install ministack`
const READY_FILE = '.fleetline-localstack/ready.json'

const children: ChildProcess[] = []
afterAll(async () => {
  for (const child of children.reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  }
})

/** Resolves with the first line that matches; rejects with what was printed when the program ends before. */
const startUntil = (command: string, args: string[], env: NodeJS.ProcessEnv, wanted: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    children.push(child)
    const lines: string[] = []
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        if (lines.push(line) > 200) lines.shift()
        if (wanted.test(line)) resolve(line)
      })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}\n${lines.join('\n')}`)))
  })

/** Not spawnSync: nobody would read the pipes of the others meanwhile, and an emulator that cannot log stands still. */
const run = async (args: string[], env: NodeJS.ProcessEnv): Promise<{ status: number | null; text: string }> => {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { status, text: `${stdout}${stderr}` }
}

it.skipIf(reason !== '')(
  `the CDK app on MiniStack passes the end-to-end suites${reason && ` (skipped: ${reason})`}`,
  async () => {
    const port = await freePort()
    const emulator = { ...process.env, BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port) }
    await startUntil(PROGRAM, [], emulator, /Running on http/)
    const line = await startUntil(process.execPath, ['simulator/main.ts', '--json'], process.env, /"event":"ready"/)
    const whatsapp = JSON.parse(line)
    const env = {
      ...process.env,
      FLEETLINE_EMULATOR_URL: `http://127.0.0.1:${port}`,
      FLEETLINE_WA_URL: whatsapp.socketUrl,
      FLEETLINE_WA_TRUST_ROOT: whatsapp.trustRootHex,
      FLEETLINE_WA_CONTROL_URL: whatsapp.controlUrl,
    }
    const deployed = await run(['local/localstack/deploy.ts'], env)
    if (deployed.status !== 0)
      throw new Error(`the deployment ended with ${deployed.status}\n${deployed.text.slice(-8_000)}`)
    for (const [line] of deployed.text.matchAll(/^left out: .*$/gm)) console.log(line)
    await startUntil(process.execPath, ['local/localstack/run-tasks.ts'], env, /./)
    const reportFile = '.fleetline-localstack/report.json'
    const suite = [
      'run',
      '--project',
      'e2e',
      '--reporter=json',
      '--testTimeout=600000',
      `--outputFile=${reportFile}`,
      ...SUITES,
    ]
    const tested = await run(['node_modules/vitest/vitest.mjs', ...suite], { ...env, FLEETLINE_E2E_READY: READY_FILE })
    const report = JSON.parse(readFileSync(reportFile, 'utf8')) as SuiteReport
    const { passed, failed, skipped, lines } = readOutcome(report, process.cwd())
    for (const line of lines) console.log(line)
    for (const [file, why] of Object.entries(NOT_APPLICABLE)) console.log(`${file}: not run, it ${why}`)
    const reasons = Object.entries(SKIPPED_TESTS)
    const whyOf = (name: string) => reasons.find(([beginning]) => name.startsWith(beginning))?.[1] ?? null
    for (const name of skipped) console.log(`skipped, it ${whyOf(name)}: ${name}`)
    console.log(`MiniStack: ${passed} passed, ${failed.length} failed, ${skipped.length} skipped`)
    expect(failed, tested.text.slice(-8_000)).toEqual([])
    expect(skipped.filter((name) => whyOf(name) === null)).toEqual([])
    expect(report.testResults).toHaveLength(SUITES.length)
  },
)
