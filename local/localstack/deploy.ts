import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { bootstrap } from '../bootstrap.ts'
import { readStartOptions } from '../cli/options.ts'
import { toOneLine, UserError } from '../cli/user-error.ts'
import { writeFileAtomically } from '../cloud/json-file.ts'
import type { SecretsManager } from '../cloud/secrets-manager.ts'
import { assertEmulatorAnswers, emulatorEnvironment } from './emulator.ts'
import { stripAssembly } from './strip-assembly.ts'

/** Dashboards and alarms: nobody looks at them on an emulator, and not every emulator knows metric math. */
const LEFT_OUT = /-ops$/
const ACCOUNT = '000000000000'

/** `npm run localstack:deploy`: the CDK app of `npm start`, deployed by the CDK CLI to an emulator on port 4566. */
try {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const home = join(root, '.fleetline-localstack')
  const directory = join(home, 'cdk.out')
  const outputsFile = join(home, 'outputs.json')
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
  rmSync(home, { recursive: true, force: true })
  mkdirSync(home, { recursive: true })
  run(process.execPath, ['infra/bin/app.ts'], { CDK_OUTDIR: directory, FLEETLINE_ENV: 'local' })
  for (const resource of stripAssembly(directory)) process.stdout.write(`left out: ${resource}\n`)
  const cdk = [join(root, 'node_modules/aws-cdk/bin/cdk'), '--app', directory, '--no-notices']
  run(process.execPath, [...cdk, 'bootstrap', `aws://${ACCOUNT}/${environment.AWS_REGION}`])
  const parameters = {
    WaTestUrl: whatsapp.url,
    WaTestTrustRootHex: whatsapp.trustRootHex,
    WaTestControlUrl: whatsapp.controlUrl,
    WaTestMediaCa: await readMediaCa(whatsapp.controlUrl),
  }
  run(process.execPath, [
    ...cdk,
    'deploy',
    ...stackNames(directory).filter((name) => !LEFT_OUT.test(name)),
    '--require-approval',
    'never',
    '--outputs-file',
    outputsFile,
    ...Object.entries(parameters).flatMap(([name, value]) => ['--parameters', `${name}=${value}`]),
  ])
  const endpoint = environment.AWS_ENDPOINT_URL!
  const outputs = readOutputs(outputsFile)
  const apiUrl = `${endpoint}/restapis/${new URL(outputs('ApiEndpoint')).hostname.split('.')[0]}/v/_user_request_`
  const keys = await bootstrap({
    dataDir: home,
    apiUrl,
    secrets: secretsOf(endpoint, environment.AWS_REGION!),
    platformSecretId: outputs('PlatformSecretArn'),
  })
  const { controlUrl, url: socketUrl, trustRootHex } = whatsapp
  const ready = { event: 'ready', apiUrl, ...keys, simulator: { controlUrl, socketUrl, trustRootHex }, localUrl: '' }
  writeFileAtomically(join(home, 'ready.json'), JSON.stringify(ready))
  process.stdout.write(`
Deployed to ${endpoint}.

  API         ${apiUrl}
  test key    ${keys.testKey}
  admin key   ${keys.adminKey}

Next, in another terminal, and leave it running: npm run localstack:tasks
The end-to-end suite against it: FLEETLINE_E2E_READY=.fleetline-localstack/ready.json npx vitest run --project e2e first-steps
`)
} catch (error) {
  process.stderr.write(`fleetline: ${toOneLine(error)}\n`)
  process.exitCode = 1
}

/** Of our simulator's media host, on one line, as its log shows it too. */
async function readMediaCa(controlUrl: string): Promise<string> {
  if (!controlUrl) return ''
  const answer = await fetch(new URL('/control/media-ca', controlUrl), { signal: AbortSignal.timeout(5_000) })
  if (!answer.ok) throw new UserError(`FLEETLINE_WA_CONTROL_URL answers ${answer.status}: is it the simulator's?`)
  const { pem } = (await answer.json()) as { pem: string }
  return pem.replace(/-----[A-Z ]+-----|\s|=/g, '')
}

function stackNames(assembly: string): string[] {
  const { artifacts } = JSON.parse(readFileSync(join(assembly, 'manifest.json'), 'utf8'))
  return Object.entries<any>(artifacts)
    .filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack')
    .map(([name]) => name)
}

/** Values by the beginning of their name: the CDK adds a hash to some. */
function readOutputs(file: string): (name: string) => string {
  const entries = Object.values<Record<string, string>>(JSON.parse(readFileSync(file, 'utf8'))).flatMap(Object.entries)
  return (name) => {
    const found = entries.find(([key]) => key.startsWith(name))
    if (!found) throw new UserError(`the deployed stacks have no output ${name}`)
    return found[1]
  }
}

function secretsOf(endpoint: string, region: string): Pick<SecretsManager, 'handle'> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = new SecretsManagerClient({ endpoint, region, credentials })
  return {
    handle: (action, input): Promise<unknown> =>
      action === 'GetSecretValue'
        ? client.send(new GetSecretValueCommand(input))
        : client.send(new PutSecretValueCommand(input)),
  }
}
