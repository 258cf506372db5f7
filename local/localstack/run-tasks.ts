import { fileURLToPath } from 'node:url'
import { ECSClient } from '@aws-sdk/client-ecs'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { SQSClient } from '@aws-sdk/client-sqs'
import { toOneLine } from '../cli/user-error.ts'
import { Guard } from '../process/guard.ts'
import { deliverAwsEvent } from './deliver-event.ts'
import { assertEmulatorAnswers, emulatorEnvironment } from './emulator.ts'
import { makeTaskRunner } from './task-runner.ts'

const INTERVAL_MS = 1_000

/** `npm run localstack:tasks`: serves ECS tasks of the emulator as processes of this machine, until Ctrl-C. */
try {
  const environment = emulatorEnvironment(process.env)
  await assertEmulatorAnswers(environment.AWS_ENDPOINT_URL!)
  const guard = new Guard()
  const clientOptions = {
    endpoint: environment.AWS_ENDPOINT_URL!,
    region: environment.AWS_REGION!,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  }
  const clients = { eventBridge: new EventBridgeClient(clientOptions), sqs: new SQSClient(clientOptions) }
  const runner = makeTaskRunner({
    ecs: new ECSClient(clientOptions),
    announceStopped: (detail) =>
      deliverAwsEvent(clients, { source: 'aws.ecs', 'detail-type': 'ECS Task State Change', detail }),
    spawn: (command, args, options) => guard.spawn(command, args, options),
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    baseEnvironment: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...environment },
    log: (line) => void process.stdout.write(`${line}\n`),
  })
  const stopping = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.resolve())
  let stopped = false
  void stopping.promise.then(() => {
    stopped = true
  })
  process.stdout.write(`Serving ECS tasks of ${environment.AWS_ENDPOINT_URL}; Ctrl-C ends them and this.\n`)
  while (!stopped) {
    await runner.tick().catch((error) => process.stdout.write(`the emulator does not answer well: ${error.message}\n`))
    const pause = Promise.withResolvers<void>()
    const timer = setTimeout(pause.resolve, INTERVAL_MS)
    await Promise.race([pause.promise, stopping.promise])
    clearTimeout(timer)
  }
  await runner.stop()
  guard.stop()
} catch (error) {
  process.stderr.write(`fleetline: ${toOneLine(error)}\n`)
  process.exitCode = 1
}
