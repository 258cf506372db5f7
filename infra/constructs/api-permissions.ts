import type { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { ApiFunction } from '../../shared/contract/operation.ts'
import { assertNever } from '../../shared/core/assert-never.ts'
import type { DataStack } from '../stacks/data-stack.ts'
import type { EventsStack } from '../stacks/events-stack.ts'
import type { NetworkStack } from '../stacks/network-stack.ts'
import type { WorkersStack } from '../stacks/workers-stack.ts'
import type { Environment } from './app-function.ts'
import type { CellStack } from './cell.ts'
import { machineArn, ROLLOUT_NAME } from './machine-names.ts'
import { mediaObjects } from './media-permissions.ts'
import { parameter } from './parameters.ts'
import {
  AUDIT_PARTITIONS,
  allow,
  CONTROL_EVENT_PARTITIONS,
  DATA_KEY_PARTITIONS,
  dataKeyThroughServices,
  denyRows,
  IDENTITY_PARTITIONS,
  putRowsOnly,
  tableAccess,
  tenantDataKeys,
  workerQueues,
} from './permissions.ts'

export interface ApiStackDependencies {
  readonly data: DataStack
  readonly events: EventsStack
  readonly workers: WorkersStack
  readonly network: NetworkStack
}

/** What every API function is told. The simulator's control address goes to the test helpers alone. */
export const apiEnvironment = (
  stack: CellStack,
  name: ApiFunction,
  { data, events, workers }: ApiStackDependencies,
): Environment => ({
  coreTable: data.tables.core.tableName,
  messagesTable: data.tables.messages.tableName,
  usageTable: data.tables.usage.tableName,
  ephemeralTable: data.tables.ephemeral.tableName,
  kmsKeyId: data.key.keyArn,
  platformSecretId: data.platformSecret.secretArn,
  eventBus: events.bus.eventBusName,
  hintsQueueUrl: workers.hints.queue.queueUrl,
  deliverQueueUrl: events.deliver.queue.queueUrl,
  liveMode: parameter(stack, 'LiveMode'),
  waTestUrl: parameter(stack, 'WaTestUrl'),
  docsBaseUrl: stack.cell.config.docsBaseUrl,
  corsAllowOrigins: stack.cell.config.corsAllowOrigins.join(','),
  egressAllowCidrs: stack.cell.config.egress.allowCidrs.join(','),
  egressAllowHttp: stack.cell.config.egress.allowHttp ? 'true' : '',
  ...(name === 'api-messages'
    ? { mediaBucket: data.mediaBucket.bucketName, mediaFetchQueueUrl: workers.mediaFetch.queue.queueUrl }
    : {}),
  ...(name === 'api-keys' ? { rolloutStateMachineArn: machineArn(stack, ROLLOUT_NAME) } : {}),
  ...(name === 'api-test' ? { waTestControlUrl: parameter(stack, 'WaTestControlUrl') } : {}),
})

/** Least rights by function: the tenants' functions do not read the `system` index, which names ids of all tenants. */
export const apiPermissions = (
  stack: CellStack,
  name: ApiFunction,
  { data, events, workers }: ApiStackDependencies,
): PolicyStatement[] => {
  const { core, messages, ephemeral, usage } = data.tables
  const everyFunction = [
    dataKeyThroughServices(stack, data.key),
    allow(['secretsmanager:GetSecretValue'], data.platformSecret.secretArn),
    tableAccess(ephemeral, 'readWrite'),
    tableAccess(usage, 'readWrite'),
    denyRows(core, ['UpdateItem', 'DeleteItem'], AUDIT_PARTITIONS),
    ...(name === 'api-keys' ? [] : [denyRows(core, ['PutItem', 'UpdateItem', 'DeleteItem'], IDENTITY_PARTITIONS)]),
  ]
  const ring = [
    workerQueues(stack, stack.cell, ['sqs:SendMessage']),
    allow(['sqs:SendMessage'], workers.hints.queue.queueArn),
  ]
  const publish = allow(['events:PutEvents'], events.bus.eventBusArn)
  // limit.reached is told by whoever refuses: one event of the control plane, sealed like every other.
  const tellLimits = [
    putRowsOnly(messages, CONTROL_EVENT_PARTITIONS),
    putRowsOnly(core, DATA_KEY_PARTITIONS),
    tenantDataKeys(data.key),
    publish,
  ]
  switch (name) {
    case 'api-messages':
      return [
        ...everyFunction,
        ...ring,
        // Write: the tenant's data key is made at its first use.
        tableAccess(core, 'readWrite'),
        tableAccess(messages, 'readWrite', ['list1', 'list2', 'list3', 'list4', 'list5']),
        tenantDataKeys(data.key),
        publish,
        // Presigned links act with these rights.
        mediaObjects(data, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']),
        allow(['s3:ListBucket'], data.mediaBucket.bucketArn),
        allow(['sqs:SendMessage'], workers.mediaFetch.queue.queueArn),
      ]
    case 'api-control':
      return [
        ...everyFunction,
        ...ring,
        tableAccess(core, 'readWrite', ['list1', 'list2']),
        tableAccess(messages, 'readWrite', ['list1', 'list2']),
        tenantDataKeys(data.key),
        publish,
        allow(['sqs:SendMessage'], events.deliver.queue.queueArn),
      ]
    case 'api-keys':
      // Platform admins list workers: the one API function that reads the fleet's part of the system index.
      // It rings workers when a tenant is deleted.
      return [
        ...everyFunction,
        ...ring,
        tableAccess(core, 'readWrite', ['system', 'list1', 'list2']),
        allow(['states:StartExecution'], machineArn(stack, ROLLOUT_NAME)),
        ...tellLimits,
      ]
    case 'api-operations':
      return [
        ...everyFunction,
        ...ring,
        // Write: the tenant's data key is made at its first use.
        // list1: sessions of a tenant, and tenants for the platform's report of usage.
        tableAccess(core, 'readWrite', ['list1']),
        tableAccess(messages, 'readWrite'),
        tenantDataKeys(data.key),
        publish,
      ]
    case 'api-test':
      // With a simulator it stands in the network without a way to the internet: nothing beside tables and secrets.
      return [...everyFunction, tableAccess(core, 'read'), tableAccess(messages, 'read')]
    case 'api-stream':
      return [...everyFunction, tableAccess(core, 'read', ['list1']), tableAccess(messages, 'read'), ...tellLimits]
    default:
      return assertNever(name)
  }
}
