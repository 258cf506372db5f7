import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { type AwsJsonService, startAwsJson } from '../aws-json.ts'
import { startDynamoDb } from '../dynamodb.ts'
import { openJsonFile } from '../json-file.ts'
import { makeKms } from '../kms.ts'
import { startS3 } from '../s3.ts'
import { makeSecretsManager } from '../secrets-manager.ts'
import { startSqs } from '../sqs.ts'

/** Real emulators in memory for tests of production code. */
export interface TestCloud {
  readonly env: Readonly<Record<string, string>>
  /** puts `env` into process.env, where the SDK and shared/config look */
  apply(): void
  createTable(name: string): Promise<void>
  createBucket(name: string): Promise<void>
  stop(): Promise<void>
}

/** @param services further awsJson services, e.g. an event bus of the test */
export const startTestCloud = async (services: readonly AwsJsonService[] = []): Promise<TestCloud> => {
  const kms = makeKms(openJsonFile(undefined, { keys: {} }))
  const secrets = makeSecretsManager(openJsonFile(undefined, { secrets: {} }))
  const [dynamodb, s3, sqs, awsJson] = await Promise.all([
    startDynamoDb({}),
    startS3({}),
    startSqs({}),
    startAwsJson({ services: [kms, secrets, ...services] }),
  ])
  const env = {
    AWS_ENDPOINT_URL: awsJson.url,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
    AWS_ENDPOINT_URL_S3: s3.url,
    AWS_ENDPOINT_URL_SQS: sqs.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    CORE_TABLE: 'core',
    MESSAGES_TABLE: 'messages',
    USAGE_TABLE: 'usage',
    EPHEMERAL_TABLE: 'ephemeral',
    AUTH_BUCKET: 'auth',
    MEDIA_BUCKET: 'media',
    KMS_KEY_ID: 'alias/fleetline',
    FLEETLINE_ENV: 'test',
    FLEETLINE_CELL: 'c1',
  }
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const database = new DynamoDBClient({ endpoint: dynamodb.url, region: 'us-east-1', credentials })
  const objects = new S3Client({ endpoint: s3.url, region: 'us-east-1', credentials, forcePathStyle: true })
  const createTable = async (name: string) => {
    await database.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['pk', 'sk', 'xpk', 'xsk', ...[1, 2, 3, 4, 5].flatMap((n) => [`l${n}pk`, `l${n}sk`])].map(
          (attribute) => ({ AttributeName: attribute, AttributeType: 'S' }),
        ),
        KeySchema: keySchema('pk', 'sk'),
        GlobalSecondaryIndexes: [
          { IndexName: 'system', KeySchema: keySchema('xpk', 'xsk'), Projection: { ProjectionType: 'KEYS_ONLY' } },
          { IndexName: 'list1', KeySchema: keySchema('l1pk', 'l1sk'), Projection: { ProjectionType: 'ALL' } },
          { IndexName: 'list2', KeySchema: keySchema('l2pk', 'l2sk'), Projection: { ProjectionType: 'ALL' } },
          { IndexName: 'list3', KeySchema: keySchema('l3pk', 'l3sk'), Projection: { ProjectionType: 'KEYS_ONLY' } },
          { IndexName: 'list4', KeySchema: keySchema('l4pk', 'l4sk'), Projection: { ProjectionType: 'KEYS_ONLY' } },
          { IndexName: 'list5', KeySchema: keySchema('l5pk', 'l5sk'), Projection: { ProjectionType: 'KEYS_ONLY' } },
        ],
      }),
    )
  }
  const createBucket = async (name: string) => {
    await objects.send(new CreateBucketCommand({ Bucket: name }))
  }
  await Promise.all([
    ...['core', 'messages', 'usage', 'ephemeral'].map(createTable),
    createBucket('auth'),
    createBucket('media'),
  ])
  return {
    env,
    apply: () => void Object.assign(process.env, env),
    createTable,
    createBucket,
    stop: async () => {
      database.destroy()
      objects.destroy()
      await Promise.all([dynamodb.stop(), s3.stop(), sqs.stop(), awsJson.stop()])
    },
  }
}

const keySchema = (hash: string, range: string) => [
  { AttributeName: hash, KeyType: 'HASH' as const },
  { AttributeName: range, KeyType: 'RANGE' as const },
]
