import { CreateTableCommand, ResourceInUseException } from '@aws-sdk/client-dynamodb'
import type { CloudContext } from '../cloud-context.ts'
import type { ResolvedResource } from '../template/resolver.ts'

/** Streams, PITR, encryption and TTL settings have no local counterpart: the product filters expired rows itself. */
export const wireTable = async (context: CloudContext, { identity, properties }: ResolvedResource): Promise<void> => {
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
    if (!(error instanceof ResourceInUseException)) throw error // it is there from an earlier start, with its rows
  }
}
