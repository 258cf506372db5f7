import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readStartOptions } from '../cli/options.ts'
import { toOneLine, UserError } from '../cli/user-error.ts'
import { assertEmulatorAnswers, emulatorEnvironment } from './emulator.ts'
import { stripAssembly } from './strip-assembly.ts'

/** Dashboards and alarms: nobody looks at them on an emulator, and not every emulator knows metric math. */
const LEFT_OUT = /-ops$/
const ACCOUNT = '000000000000'

/** `npm run localstack:deploy`: the CDK app of `npm start`, deployed by the CDK CLI to an emulator on port 4566. */
try {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const directory = join(root, '.fleetline-localstack/cdk.out')
  const environment = emulatorEnvironment(process.env)
  const { whatsapp } = readStartOptions([], process.env)
  if (!whatsapp)
    throw new UserError(
      'set FLEETLINE_WA_URL, FLEETLINE_WA_TRUST_ROOT and FLEETLINE_WA_CONTROL_URL to what `npm run simulator` prints: test mode needs a WhatsApp',
    )
  await assertEmulatorAnswers(environment.AWS_ENDPOINT_URL!)
  const run = (command: string, args: readonly string[], more: Record<string, string> = {}) => {
    const { status } = spawnSync(command, args, {
      cwd: root,
      env: { ...process.env, ...environment, CDK_DISABLE_VERSION_CHECK: '1', ...more },
      stdio: 'inherit',
    })
    if (status !== 0) throw new UserError(`${command} ${args[0]} failed: see above`)
  }
  run(process.execPath, ['tools/build.ts'])
  rmSync(directory, { recursive: true, force: true })
  run(process.execPath, ['infra/bin/app.ts'], { CDK_OUTDIR: directory, FLEETLINE_ENV: 'local' })
  for (const resource of stripAssembly(directory)) process.stdout.write(`left out: ${resource}\n`)
  const cdk = [join(root, 'node_modules/aws-cdk/bin/cdk'), '--app', directory, '--no-notices']
  run(process.execPath, [...cdk, 'bootstrap', `aws://${ACCOUNT}/${environment.AWS_REGION}`])
  const parameters = {
    WaTestUrl: whatsapp.url,
    WaTestTrustRootHex: whatsapp.trustRootHex,
    WaTestControlUrl: whatsapp.controlUrl,
  }
  run(process.execPath, [
    ...cdk,
    'deploy',
    ...stackNames(directory).filter((name) => !LEFT_OUT.test(name)),
    '--require-approval',
    'never',
    ...Object.entries(parameters).flatMap(([name, value]) => ['--parameters', `${name}=${value}`]),
  ])
  process.stdout.write(`
Deployed. Next (docs/localstack.md):
  npm run localstack:tasks                                   # keeps running: it is the ECS of the emulator
  node tools/add-admin-key.ts <PlatformSecretArn, above>     # with AWS_ENDPOINT_URL=${environment.AWS_ENDPOINT_URL}
  API=${environment.AWS_ENDPOINT_URL}/restapis/<first part of ApiEndpoint, above>/v/_user_request_
`)
} catch (error) {
  process.stderr.write(`fleetline: ${toOneLine(error)}\n`)
  process.exitCode = 1
}

function stackNames(assembly: string): string[] {
  const { artifacts } = JSON.parse(readFileSync(join(assembly, 'manifest.json'), 'utf8'))
  return Object.entries<any>(artifacts)
    .filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack')
    .map(([name]) => name)
}
