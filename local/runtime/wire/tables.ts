import {
  CreateTableCommand,
  DescribeTableCommand,
  ResourceInUseException,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import { type ExpiringTable, sweepExpired } from '../../cloud/ttl-sweeper.ts'
import type { CloudContext } from '../cloud-context.ts'
import type { ResolvedResource } from '../template/resolver.ts'

/** AWS promises "within a few days"; here soon enough to notice code that does not filter, and late enough to notice it too. */
const SWEEP_INTERVAL_MS = 60_000

/** Streams, PITR and encryption have no local counterpart. */
export const wireTable = async (
  context: CloudContext,
  { identity, properties }: Pick<ResolvedResource, 'identity' | 'properties'>,
): Promise<void> => {
  try {
    await context.clients.dynamodb.send(
      new CreateTableCommand({
        TableName: identity.ref,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: properties.AttributeDefinitions,
        KeySchema: properties.KeySchema,
        GlobalSecondaryIndexes: properties.GlobalSecondaryIndexes?.map((index: any) => ({
          IndexName: index.IndexName,
          KeySchema: index.KeySchema,
          Projection: index.Projection,
        })),
      }),
    )
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error
    await addMissingIndexes(context, { identity, properties }) // it is there from an earlier start, with its rows
  }
  const { TimeToLiveSpecification: timeToLive } = properties
  if (timeToLive?.Enabled)
    sweepRegularly(context, {
      name: identity.ref,
      keyAttributes: properties.KeySchema.map((key: any) => String(key.AttributeName)),
      ttlAttribute: timeToLive.AttributeName,
    })
}

/** The template may know an index that the table of an earlier version does not: one per update, as CloudFormation does it. */
const addMissingIndexes = async (
  { clients: { dynamodb } }: CloudContext,
  { identity, properties }: Pick<ResolvedResource, 'identity' | 'properties'>,
): Promise<void> => {
  const { Table: table } = await dynamodb.send(new DescribeTableCommand({ TableName: identity.ref }))
  const standing = new Set(table?.GlobalSecondaryIndexes?.map(({ IndexName: name }) => name))
  for (const { IndexName, KeySchema, Projection } of properties.GlobalSecondaryIndexes ?? []) {
    if (standing.has(IndexName)) continue
    const keys = new Set([...properties.KeySchema, ...KeySchema].map((key: any) => key.AttributeName))
    await dynamodb.send(
      new UpdateTableCommand({
        TableName: identity.ref,
        AttributeDefinitions: properties.AttributeDefinitions.filter((one: any) => keys.has(one.AttributeName)),
        GlobalSecondaryIndexUpdates: [{ Create: { IndexName, KeySchema, Projection } }],
      }),
    )
  }
}

const sweepRegularly = (context: CloudContext, table: ExpiringTable): void => {
  let sweep = Promise.resolve()
  const timer = setInterval(() => {
    sweep = sweep.then(async () => {
      try {
        await sweepExpired(context.clients.dynamodb, table, Date.now())
      } catch (error) {
        context.log.line('dynamodb', `expired rows of ${table.name} stay for now: ${(error as Error).message}`)
      }
    })
  }, SWEEP_INTERVAL_MS)
  context.stops.push(() => {
    clearInterval(timer)
    return sweep
  })
}
