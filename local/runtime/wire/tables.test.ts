import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startDynamoDb } from '../../cloud/dynamodb.ts'
import type { CloudContext } from '../cloud-context.ts'
import { wireTable } from './tables.ts'

let emulator: Awaited<ReturnType<typeof startDynamoDb>>
let dynamodb: DynamoDBClient

beforeAll(async () => {
  emulator = await startDynamoDb({})
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  dynamodb = new DynamoDBClient({ endpoint: emulator.url, region: 'us-east-1', credentials })
})
afterAll(async () => {
  dynamodb.destroy()
  await emulator.stop()
})

const text = (name: string) => ({ AttributeName: name, AttributeType: 'S' as const })
const keys = (hash: string, range: string) => [
  { AttributeName: hash, KeyType: 'HASH' as const },
  { AttributeName: range, KeyType: 'RANGE' as const },
]
const index = (name: string, hash: string, range: string) => ({
  IndexName: name,
  KeySchema: keys(hash, range),
  Projection: { ProjectionType: 'KEYS_ONLY' as const },
})

it('a table of an earlier version gets the indexes of this one, with its rows in them', async () => {
  const table = 'messages'
  await dynamodb.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk', 'l1pk', 'l1sk'].map(text),
      KeySchema: keys('pk', 'sk'),
      GlobalSecondaryIndexes: [index('list1', 'l1pk', 'l1sk')],
    }),
  )
  const row = { pk: 'a', sk: 'b', l3pk: 'chat', l3sk: '1' }
  await dynamodb.send(
    new PutItemCommand({
      TableName: table,
      Item: Object.fromEntries(Object.entries(row).map(([name, value]) => [name, { S: value }])),
    }),
  )
  const properties = {
    AttributeDefinitions: ['pk', 'sk', 'l1pk', 'l1sk', 'l3pk', 'l3sk', 'l4pk', 'l4sk'].map(text),
    KeySchema: keys('pk', 'sk'),
    GlobalSecondaryIndexes: [
      index('list1', 'l1pk', 'l1sk'),
      index('list3', 'l3pk', 'l3sk'),
      index('list4', 'l4pk', 'l4sk'),
    ],
  }
  const context = { clients: { dynamodb } } as unknown as CloudContext
  const wire = () => wireTable(context, { identity: { ref: table } as never, properties })
  await wire()
  await wire()
  const found = await dynamodb.send(
    new QueryCommand({
      TableName: table,
      IndexName: 'list3',
      KeyConditionExpression: 'l3pk = :chat',
      ExpressionAttributeValues: { ':chat': { S: 'chat' } },
    }),
  )
  expect(found.Items).toHaveLength(1)
  await dynamodb.send(new DeleteTableCommand({ TableName: table }))
})
