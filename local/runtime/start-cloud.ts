import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import { ENV } from '../../shared/config/environment.ts'
import { startAwsJson } from '../cloud/aws-json.ts'
import { startDynamoDb } from '../cloud/dynamodb.ts'
import type { DynamoDbEngine } from '../cloud/dynamodb-engine.ts'
import { type Ecs, makeEcs } from '../cloud/ecs.ts'
import { makeEventBridge } from '../cloud/event-bridge.ts'
import { openJsonFile } from '../cloud/json-file.ts'
import { makeKms } from '../cloud/kms.ts'
import { startS3 } from '../cloud/s3.ts'
import { makeSecretsManager, type SecretsManager } from '../cloud/secrets-manager.ts'
import { startSqs } from '../cloud/sqs.ts'
import type { Guard } from '../process/guard.ts'
import type { ProcessTable } from '../process/process-table.ts'
import { type ApiFront, startApiFront } from './api-gateway/front.ts'
import type { CloudContext, Route } from './cloud-context.ts'
import { makeIntegrations } from './integrations.ts'
import type { LambdaFunction } from './lambda/lambda-function.ts'
import type { LocalLog } from './local-log.ts'
import { makeStepFunctions, type StepFunctions } from './step-functions/step-functions.ts'
import { loadAssembly } from './template/assembly.ts'
import { type ResolvedResource, TemplateResolver } from './template/resolver.ts'
import { wireAll } from './wire/wire-all.ts'

export interface LocalCloud {
  readonly api: ApiFront
  readonly secrets: SecretsManager
  readonly stepFunctions: StepFunctions
  readonly resources: readonly ResolvedResource[]
  /** what a deployment of the same template under another version changes: functions at once, workers by a rollout */
  deployVersion(version: string): void
  stop(): Promise<void>
}

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' }

const TASK_PREFIX = 'FLEETLINE_TASK_'

/** What a developer wants worker processes to have: FLEETLINE_TASK_NODE_OPTIONS=--inspect is NODE_OPTIONS to them. */
const readTaskVariables = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      name.startsWith(TASK_PREFIX) && value !== undefined ? [[name.slice(TASK_PREFIX.length), value]] : [],
    ),
  )

/** Emulators up, template "deployed", API open. What ran before a crash is told as STOPPED. */
export const startCloud = async (input: {
  root: string
  dataDir: string
  assemblyDirectory: string
  parameters: Readonly<Record<string, string>>
  apiPort: number
  engine: DynamoDbEngine
  guard: Guard
  processes: ProcessTable
  log: LocalLog
}): Promise<LocalCloud> => {
  const { dataDir, guard, processes, log } = input
  const say = (source: string) => (line: string) => log.line(source, line)
  const state = <T>(name: string, initial: T) => openJsonFile(join(dataDir, name), initial)
  const dynamodb = await startDynamoDb({
    engine: input.engine,
    dataDir,
    log: say('dynamodb'),
    spawnChild: (command, args) => {
      const child = guard.spawn(command, args)
      processes.add(child, { name: 'dynamodb', kind: 'dynamodb' })
      return child
    },
  })
  const [s3, sqs] = await Promise.all([startS3({ dataDir }), startSqs({ dataDir })])
  const endpoints = {
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
    AWS_ENDPOINT_URL_S3: s3.url,
    AWS_ENDPOINT_URL_SQS: sqs.url,
  }
  const clientOptions = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
  const clients = {
    dynamodb: new DynamoDBClient({ ...clientOptions, endpoint: dynamodb.url }),
    sqs: new SQSClient({ ...clientOptions, endpoint: sqs.url }),
  }
  const functions = new Map<string, LambdaFunction>()
  const baseEnvironment: Record<string, string> = { ...CREDENTIALS, ...endpoints }
  const eventBridge = makeEventBridge(say('events'))
  const ecs: Ecs = makeEcs({
    file: state('tasks.json', { tasks: [] }),
    processes,
    cwd: input.root,
    spawn: (command, args, options) => guard.spawn(command, args, options),
    baseEnvironment: () => ({
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      ...readTaskVariables(process.env),
      ...baseEnvironment,
    }),
    onLine: (task, line) => log.line(`task ${task.startedBy ?? task.family}`, line),
    onStopped: (detail) =>
      eventBridge.emit('default', { source: 'aws.ecs', 'detail-type': 'ECS Task State Change', detail }),
  })
  const stepFunctions: StepFunctions = makeStepFunctions({
    dataDir,
    log: say('states'),
    integrations: makeIntegrations({ functions, sqs: clients.sqs, ecs: () => ecs, stepFunctions: () => stepFunctions }),
  })
  const secrets = makeSecretsManager(state('secrets.json', { secrets: {} }))
  const awsJson = await startAwsJson({
    services: [makeKms(state('kms.json', { keys: {} })), secrets, eventBridge, stepFunctions, ecs],
    log: say('aws'),
  })
  baseEnvironment.AWS_ENDPOINT_URL = awsJson.url

  const onReady: (() => void)[] = []
  const context: CloudContext = {
    assemblyDirectory: input.assemblyDirectory,
    log,
    clients,
    s3: s3.store,
    secrets,
    eventBridge,
    ecs,
    stepFunctions,
    baseEnvironment,
    functions,
    routes: [] as Route[],
    binaryMediaTypes: new Set(),
    stops: [],
    whenReady: (action) => void onReady.push(action),
  }
  const resolver = new TemplateResolver(loadAssembly(input.assemblyDirectory), {
    parameters: input.parameters,
    sqsUrl: sqs.url,
  })
  const resources = resolver.resources()
  await wireAll(context, resources)
  const gateway = resources.find(({ type }) => type === 'AWS::ApiGateway::RestApi')
  const api = await startApiFront(context, input.apiPort, String(gateway?.properties.Name ?? 'api'))
  ecs.recoverLostTasks()
  for (const action of onReady) action()
  return {
    api,
    secrets,
    stepFunctions,
    resources,
    deployVersion: (version) => {
      const variables = { [ENV.version]: version }
      for (const lambda of functions.values()) lambda.setVariables(variables)
      ecs.setVariables(variables)
    },
    stop: async () => {
      await api.stop()
      await ecs.stopAll()
      for (const stop of context.stops.reverse()) await stop()
      await Promise.all([...functions.values()].map((lambda) => lambda.stop()))
      stepFunctions.stop()
      clients.sqs.destroy()
      clients.dynamodb.destroy()
      await Promise.all([awsJson.stop(), s3.stop(), sqs.stop(), dynamodb.stop()])
    },
  }
}
