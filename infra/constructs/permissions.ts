import { ArnFormat, Stack } from 'aws-cdk-lib'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import { wildcardResource } from './acknowledge.ts'
import { type Cell, workerQueuePrefix } from './cell.ts'

const READ = ['dynamodb:GetItem', 'dynamodb:Query']
const WRITE = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:ConditionCheckItem']

export type Index = 'system' | 'list1' | 'list2' | 'list3' | 'list4' | 'list5'

/** Tenant-facing roles get the list indexes; the `system` index (all tenants' ids) belongs to system roles only. */
export const tableAccess = (
  table: TableV2,
  access: 'read' | 'readWrite',
  indexes: readonly Index[] = [],
): PolicyStatement =>
  new PolicyStatement({
    actions: access === 'read' ? READ : [...READ, ...WRITE],
    resources: [table.tableArn, ...indexes.map((index) => `${table.tableArn}/index/${index}`)],
  })

/** Rows that a role must not touch although it has other rows of the table: by partition key, `*` for any text. */
export const denyRows = (
  table: TableV2,
  actions: readonly ('GetItem' | 'Query' | 'PutItem' | 'UpdateItem' | 'DeleteItem')[],
  partitions: readonly string[],
): PolicyStatement =>
  new PolicyStatement({
    effect: Effect.DENY,
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [table.tableArn],
    conditions: { 'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': [...partitions] } },
  })

/** The only rows of the table that a role may put, which it reads or writes otherwise not at all or with other rights. */
export const putRowsOnly = (table: TableV2, partitions: readonly string[]): PolicyStatement =>
  new PolicyStatement({
    actions: ['dynamodb:PutItem'],
    resources: [table.tableArn],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...partitions] },
      // ForAllValues holds for a request without the key, too.
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
  })

/** Events without a session, by day (shared/store/keys.ts). */
export const CONTROL_EVENT_PARTITIONS = ['T#*#CP#*']
/** A tenant's data key, made at its first use. */
export const DATA_KEY_PARTITIONS = ['T#*#DK']

/** The audit log (shared/store/audit-log.ts) is append-only. */
export const AUDIT_PARTITIONS = ['T#*#AUDIT', 'T#*#AUDITI', 'PLATFORM#AUDIT', 'PLATFORM#AUDITI']
/** Keys and tenants (shared/store/keys.ts): only api-keys writes them. */
export const IDENTITY_PARTITIONS = ['K#*', 'T#*#KEYS', 'TENANT#*']
const KEY_PARTITIONS = ['K#*', 'T#*#KEYS']

/**
 * For roles that are not the API's: they neither read nor write API keys, and write no audit entry. Only the reconciler
 * changes tenants (it ends deletions and suspensions).
 */
export const keepOutOfIdentities = (
  core: TableV2,
  changesTenants: 'changesTenants' | null = null,
): PolicyStatement[] => [
  denyRows(core, ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'], KEY_PARTITIONS),
  denyRows(
    core,
    ['PutItem', 'UpdateItem', 'DeleteItem'],
    changesTenants ? AUDIT_PARTITIONS : [...AUDIT_PARTITIONS, 'TENANT#*'],
  ),
]

/** Use of the cell's key by the services that hold our data, on behalf of the caller; never directly. */
export const dataKeyThroughServices = (scope: Construct, key: IKey): PolicyStatement => {
  const { region } = Stack.of(scope)
  return new PolicyStatement({
    actions: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'],
    resources: [key.keyArn],
    conditions: {
      StringEquals: {
        'kms:ViaService': ['dynamodb', 's3', 'secretsmanager'].map((service) => `${service}.${region}.amazonaws.com`),
      },
    },
  })
}

/** Tenant data keys: only calls that carry exactly the encryption context {tenantId, mode} (shared/crypto). */
export const tenantDataKeys = (key: IKey): PolicyStatement =>
  new PolicyStatement({
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: [key.keyArn],
    conditions: {
      'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['tenantId', 'mode'] },
      Null: { 'kms:EncryptionContext:tenantId': 'false', 'kms:EncryptionContext:mode': 'false' },
    },
  })

/** Queues of workers are made at run time: permissions go by the cell's name prefix. */
export const workerQueues = (scope: Construct, cell: Cell, actions: readonly string[]): PolicyStatement =>
  new PolicyStatement({ actions: [...actions], resources: [workerQueueArn(scope, cell)] })

export const workerQueueArn = (scope: Construct, cell: Cell): string =>
  Stack.of(scope).formatArn({
    service: 'sqs',
    resource: `${workerQueuePrefix(cell)}*`,
    arnFormat: ArnFormat.NO_RESOURCE_NAME,
  })

/** How cdk-nag prints workerQueueArn. */
export const WORKER_QUEUES_REASON = 'workers make one queue per incarnation at run time: permissions go by name prefix'
export const workerQueuesFinding = (cell: Cell): string =>
  wildcardResource(`arn:aws:sqs:${cell.config.region}:<AWS::AccountId>:${workerQueuePrefix(cell)}*`)

export const allow = (actions: readonly string[], ...resources: string[]): PolicyStatement =>
  new PolicyStatement({ actions: [...actions], resources })
