import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { SQSClient } from '@aws-sdk/client-sqs'
import type { Ecs } from '../cloud/ecs.ts'
import type { EventBridge } from '../cloud/event-bridge.ts'
import type { S3Store } from '../cloud/s3-store.ts'
import type { SecretsManager } from '../cloud/secrets-manager.ts'
import type { LambdaFunction } from './lambda/lambda-function.ts'
import type { LocalLog } from './local-log.ts'
import type { StepFunctions } from './step-functions/step-functions.ts'

/** One REST route of the template: method ANY matches all; path segments in braces are parameters, {name+} takes the rest. */
export interface Route {
  readonly method: string
  readonly path: string
  readonly functionArn: string
}

/** Everything that wiring a resource may touch. Filled in deployment order. */
export interface CloudContext {
  readonly assemblyDirectory: string
  readonly log: LocalLog
  readonly clients: { readonly dynamodb: DynamoDBClient; readonly sqs: SQSClient }
  readonly s3: S3Store
  readonly secrets: SecretsManager
  readonly eventBridge: EventBridge
  readonly ecs: Ecs
  readonly stepFunctions: StepFunctions
  /** variables of every lambda and task beside the template's own: endpoints, region, credentials */
  readonly baseEnvironment: Readonly<Record<string, string>>
  readonly functions: Map<string, LambdaFunction>
  readonly routes: Route[]
  readonly binaryMediaTypes: Set<string>
  /** ends pollers and schedules at shutdown, last wired first */
  readonly stops: (() => void | Promise<void>)[]
  /** runs when everything is wired */
  whenReady(action: () => void): void
}

export const functionOf = (context: CloudContext, arn: string): LambdaFunction => {
  const found = context.functions.get(arn)
  if (!found) throw new Error(`no function ${arn}`)
  return found
}
