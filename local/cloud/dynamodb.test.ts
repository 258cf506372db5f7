import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AttributeValue,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { afterEach, describe, expect, it } from 'vitest'
import { startDynamoDb } from './dynamodb.ts'
import { findDynamoDb } from './dynamodb-engine.ts'
import { sweepExpired } from './ttl-sweeper.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const temporary = () => {
  const dir = mkdtempSync(join(tmpdir(), 'fleetline-dynamodb-'))
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** FLEETLINE_DYNAMODB_LOCAL=folder-of-the-jar runs the same promises against DynamoDB Local (Java). */
const ENGINES = [
  findDynamoDb({ FLEETLINE_DYNAMODB: 'dynoxide' }),
  ...(process.env.FLEETLINE_DYNAMODB_LOCAL
    ? [findDynamoDb({ ...process.env, FLEETLINE_DYNAMODB: 'dynamodb-local' })]
    : []),
]

describe.each(ENGINES)('$kind', (engine) => {
  const open = async (dataDir?: string) => {
    const emulator = await startDynamoDb({ engine, dataDir })
    const client = new DynamoDBClient({
      endpoint: emulator.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    })
    cleanups.push(
      () => emulator.stop(),
      () => client.destroy(),
    )
    return { emulator, client }
  }

  it('a failed condition gives back the row in the way, alone and in a transaction that writes nothing', async () => {
    const { client } = await open()
    await createTable(client)
    await client.send(new PutItemCommand({ TableName: 'core', Item: row('a', 'old') }))
    const ifAbsent = {
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    }
    await expect(
      client.send(new PutItemCommand({ TableName: 'core', Item: row('a', 'new'), ...ifAbsent })),
    ).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item: row('a', 'old') })
    const error = await client
      .send(
        new TransactWriteItemsCommand({
          TransactItems: [
            { Put: { TableName: 'core', Item: row('b', 'new') } },
            { Put: { TableName: 'core', Item: row('a', 'new'), ...ifAbsent } },
          ],
        }),
      )
      .catch((thrown) => thrown)
    expect(error).toBeInstanceOf(TransactionCanceledException)
    expect(error.CancellationReasons.map((reason: any) => reason.Code)).toEqual(['None', 'ConditionalCheckFailed'])
    expect(error.CancellationReasons[1].Item).toEqual(row('a', 'old'))
    expect(await get(client, 'b')).toBeUndefined()
  })

  it('a transaction repeated with its token writes once', async () => {
    const { client } = await open()
    await createTable(client)
    await client.send(new PutItemCommand({ TableName: 'core', Item: { ...row('counter', 'x'), count: { N: '0' } } }))
    const add = () =>
      client.send(
        new TransactWriteItemsCommand({
          ClientRequestToken: 'one-token',
          TransactItems: [
            {
              Update: {
                TableName: 'core',
                Key: { pk: { S: 'counter' }, sk: { S: '-' } },
                UpdateExpression: 'SET #count = #count + :one',
                ExpressionAttributeNames: { '#count': 'count' },
                ExpressionAttributeValues: { ':one': { N: '1' } },
              },
            },
          ],
        }),
      )
    await add()
    await add()
    expect((await get(client, 'counter'))?.count).toEqual({ N: '1' })
  })

  it('of 20 concurrent conditional updates of one epoch exactly one wins', async () => {
    const { client } = await open()
    await createTable(client)
    await client.send(new PutItemCommand({ TableName: 'core', Item: { ...row('lease', 'x'), epoch: { N: '1' } } }))
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        client.send(
          new UpdateItemCommand({
            TableName: 'core',
            Key: { pk: { S: 'lease' }, sk: { S: '-' } },
            UpdateExpression: 'SET epoch = epoch + :one',
            ConditionExpression: 'epoch = :one',
            ExpressionAttributeValues: { ':one': { N: '1' } },
          }),
        ),
      ),
    )
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
  })

  it('every acknowledged transaction is there, whole, after SIGKILL amid writes', async ({ skip }) => {
    skip(engine.kind === 'dynamodb-local', 'DynamoDB Local loses acknowledged writes when it is killed (measured)')
    const dataDir = temporary()
    const first = await open(dataDir)
    await createTable(first.client)
    const acknowledged: string[] = []
    const write = async (writer: number): Promise<void> => {
      for (let index = 0; ; index++) {
        const pk = `${writer}-${index}`
        const puts = [0, 1].map((part) => ({ Put: { TableName: 'core', Item: row(`${pk}#${part}`, pk) } }))
        const answer = await first.client.send(new TransactWriteItemsCommand({ TransactItems: puts })).catch(() => null)
        if (!answer) return // the kill: what had no answer may be lost
        acknowledged.push(pk)
        if (acknowledged.length === 100) process.kill(first.emulator.pid, 'SIGKILL')
      }
    }
    await Promise.all([0, 1, 2, 3].map(write))
    const second = await open(dataDir)
    const rows = new Map<string, string>()
    let from: Record<string, AttributeValue> | undefined
    do {
      const page: any = await second.client.send(new ScanCommand({ TableName: 'core', ExclusiveStartKey: from }))
      for (const item of page.Items) rows.set(item.pk.S, item.value.S)
      from = page.LastEvaluatedKey
    } while (from)
    expect(acknowledged.length).toBeGreaterThanOrEqual(100)
    for (const pk of acknowledged) expect([rows.get(`${pk}#0`), rows.get(`${pk}#1`)]).toEqual([pk, pk])
    for (const key of rows.keys())
      expect(rows.has(key.replace(/#\d$/, '#0')) && rows.has(key.replace(/#\d$/, '#1'))).toBe(true)
  })

  it('the sweeper deletes what has expired and nothing else', async () => {
    const { client } = await open()
    await createTable(client)
    const put = (pk: string, ttl?: AttributeValue) =>
      client.send(new PutItemCommand({ TableName: 'core', Item: { ...row(pk, 'x'), ...(ttl ? { ttl } : {}) } }))
    await put('expired', { N: '100' })
    await put('later', { N: '102' })
    await put('for ever')
    await put('a text', { S: '1' })
    const table = { name: 'core', keyAttributes: ['pk', 'sk'], ttlAttribute: 'ttl' }
    expect(await sweepExpired(client, table, 101_000)).toBe(1)
    expect(await get(client, 'expired')).toBeUndefined()
    expect(await sweepExpired(client, table, 101_000)).toBe(0)
    expect(await sweepExpired(client, table, 1_000_000)).toBe(1)
    expect([await get(client, 'for ever'), await get(client, 'a text')].map(Boolean)).toEqual([true, true])
  })
})

const row = (pk: string, value: string): Record<string, AttributeValue> => ({
  pk: { S: pk },
  sk: { S: '-' },
  value: { S: value },
})

const createTable = (client: DynamoDBClient) =>
  client.send(
    new CreateTableCommand({
      TableName: 'core',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((name) => ({ AttributeName: name, AttributeType: 'S' as const })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  )

const get = async (client: DynamoDBClient, pk: string) =>
  (
    await client.send(
      new GetItemCommand({ TableName: 'core', Key: { pk: { S: pk }, sk: { S: '-' } }, ConsistentRead: true }),
    )
  ).Item
