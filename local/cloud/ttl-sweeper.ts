import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  ScanCommand,
  type ScanCommandOutput,
} from '@aws-sdk/client-dynamodb'

export interface ExpiringTable {
  readonly name: string
  readonly keyAttributes: readonly string[]
  /** holds Unix seconds */
  readonly ttlAttribute: string
}

/**
 * Deletes what has expired, as DynamoDB does in the background and Dynoxide never does. As on AWS a row may be read after
 * its time: whoever reads must filter. @returns how many rows it deleted
 */
export const sweepExpired = async (client: DynamoDBClient, table: ExpiringTable, nowMs: number): Promise<number> => {
  const now = { N: String(Math.floor(nowMs / 1000)) }
  let deleted = 0
  let from: Record<string, AttributeValue> | undefined
  do {
    const page: ScanCommandOutput = await client.send(
      new ScanCommand({
        TableName: table.name,
        ProjectionExpression: table.keyAttributes.map((_, index) => `#key${index}`).join(', '),
        FilterExpression: 'attribute_type(#ttl, :number) AND #ttl <= :now',
        ExpressionAttributeNames: {
          '#ttl': table.ttlAttribute,
          ...Object.fromEntries(table.keyAttributes.map((name, index) => [`#key${index}`, name])),
        },
        ExpressionAttributeValues: { ':now': now, ':number': { S: 'N' } },
        ExclusiveStartKey: from,
      }),
    )
    for (const key of page.Items ?? []) if (await deleteExpired(client, table, key, now)) deleted++
    from = page.LastEvaluatedKey
  } while (from)
  return deleted
}

/** The condition is repeated: a row whose time was extended since the scan stays. */
const deleteExpired = async (
  client: DynamoDBClient,
  table: ExpiringTable,
  key: Record<string, AttributeValue>,
  now: AttributeValue,
): Promise<boolean> => {
  try {
    await client.send(
      new DeleteItemCommand({
        TableName: table.name,
        Key: key,
        ConditionExpression: '#ttl <= :now',
        ExpressionAttributeNames: { '#ttl': table.ttlAttribute },
        ExpressionAttributeValues: { ':now': now },
      }),
    )
    return true
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false
    throw error
  }
}
