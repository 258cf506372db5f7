import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb'
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { clientOptions } from '../aws/client-options.ts'

export type Item = Record<string, unknown>
export interface Key {
  readonly pk: string
  readonly sk: string
}

/** An expression with its values; names are written as `#name` and resolved to the attribute of the same name. */
export interface Expression {
  readonly expression: string
  readonly values?: Item
}

export type WriteResult =
  | { readonly ok: true; readonly item: Item | null }
  | { readonly ok: false; readonly item: Item | null }

/** One leg of a transaction. */
export type Leg =
  | { readonly put: Item; readonly table: string; readonly condition?: Expression }
  | { readonly update: Key; readonly table: string; readonly set: Expression; readonly condition?: Expression }
  | { readonly remove: Key; readonly table: string; readonly condition?: Expression }
  | { readonly check: Key; readonly table: string; readonly condition: Expression }

/**
 * `conditionFailed`: at least one leg's condition was false; `items[i]` is what stood there (null when nothing did),
 * `failed[i]` says whether leg i failed. `conflict`: another transaction was under way; nothing was decided: try again.
 */
export type TransactResult =
  | { readonly outcome: 'written' }
  | {
      readonly outcome: 'conditionFailed'
      readonly failed: readonly boolean[]
      readonly items: readonly (Item | null)[]
    }
  | { readonly outcome: 'conflict' }

export type DocumentClient = DynamoDBDocumentClient

export const makeDocumentClient = (): DocumentClient =>
  DynamoDBDocumentClient.from(new DynamoDBClient(clientOptions()), {
    marshallOptions: { removeUndefinedValues: true, convertClassInstanceToMap: false },
  })

const namesOf = (...expressions: (string | undefined)[]): Record<string, string> | undefined => {
  const names = [...expressions.join(' ').matchAll(/#([A-Za-z][A-Za-z0-9]*)/g)].map((match) => match[1]!)
  return names.length ? Object.fromEntries(names.map((name) => [`#${name}`, name])) : undefined
}
const valuesOf = (...expressions: (Expression | undefined)[]): Item | undefined => {
  const values = Object.assign({}, ...expressions.map((expression) => expression?.values ?? {}))
  return Object.keys(values).length ? values : undefined
}

/** Thin, explicit DynamoDB access: conditions stay visible, a failed condition is a value and not an exception. */
export class Table {
  readonly name: string
  readonly #client: DocumentClient

  constructor(client: DocumentClient, name: string) {
    this.#client = client
    this.name = name
  }

  /** Consistent unless said: the protocol's proofs need it. */
  async get(key: Key, options: { consistent?: boolean } = {}): Promise<Item | null> {
    const { Item: item } = await this.#client.send(
      new GetCommand({ TableName: this.name, Key: key, ConsistentRead: options.consistent ?? true }),
    )
    return item ?? null
  }

  /** `ok: false` returns the item that stood in the way. */
  async put(item: Item & Key, condition?: Expression): Promise<WriteResult> {
    return this.#conditional(() =>
      this.#client.send(
        new PutCommand({
          TableName: this.name,
          Item: item,
          ConditionExpression: condition?.expression,
          ExpressionAttributeNames: namesOf(condition?.expression),
          ExpressionAttributeValues: valuesOf(condition),
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      ),
    )
  }

  /** `ok: true` returns the new item (`returnOld`: the old one), `ok: false` the item as it stands. */
  async update(key: Key, set: Expression, condition?: Expression, returnOld = false): Promise<WriteResult> {
    return this.#conditional(() =>
      this.#client.send(
        new UpdateCommand({
          TableName: this.name,
          Key: key,
          UpdateExpression: set.expression,
          ConditionExpression: condition?.expression,
          ExpressionAttributeNames: namesOf(set.expression, condition?.expression),
          ExpressionAttributeValues: valuesOf(set, condition),
          ReturnValues: returnOld ? 'ALL_OLD' : 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      ),
    )
  }

  async remove(key: Key, condition?: Expression): Promise<WriteResult> {
    return this.#conditional(() =>
      this.#client.send(
        new DeleteCommand({
          TableName: this.name,
          Key: key,
          ConditionExpression: condition?.expression,
          ExpressionAttributeNames: namesOf(condition?.expression),
          ExpressionAttributeValues: valuesOf(condition),
          ReturnValues: 'ALL_OLD',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      ),
    )
  }

  /** One page. `after` is the last key of the page before; base-table reads are consistent. */
  async query(input: {
    key: Expression
    index?: string
    filter?: Expression
    limit?: number
    descending?: boolean
    after?: Item
  }): Promise<{ items: Item[]; lastKey: Item | null }> {
    const { Items, LastEvaluatedKey } = await this.#client.send(
      new QueryCommand({
        TableName: this.name,
        IndexName: input.index,
        ConsistentRead: input.index ? undefined : true,
        KeyConditionExpression: input.key.expression,
        FilterExpression: input.filter?.expression,
        ExpressionAttributeNames: namesOf(input.key.expression, input.filter?.expression),
        ExpressionAttributeValues: valuesOf(input.key, input.filter),
        Limit: input.limit,
        ScanIndexForward: !input.descending,
        ExclusiveStartKey: input.after,
      }),
    )
    return { items: Items ?? [], lastKey: LastEvaluatedKey ?? null }
  }

  /** All pages, oldest first. For partitions that are small by design (ASSIGNED, endpoints of a tenant). */
  async *queryAll(input: Omit<Parameters<Table['query']>[0], 'after'>): AsyncGenerator<Item> {
    let after: Item | undefined
    do {
      const page = await this.query({ ...input, after })
      yield* page.items
      after = page.lastKey ?? undefined
    } while (after)
  }

  async #conditional(send: () => Promise<{ Attributes?: Item }>): Promise<WriteResult> {
    try {
      const { Attributes } = await send()
      return { ok: true, item: Attributes ?? null }
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { ok: false, item: unmarshalItem(error.Item) }
      throw error
    }
  }
}

/** Error items come back in DynamoDB's own notation, also through the document client. */
const unmarshalItem = (item: Record<string, AttributeValue> | undefined): Item | null =>
  item && Object.keys(item).length ? unmarshall(item) : null

/** All legs or none (≤ 100). Ambiguous time-outs are retried by the SDK under one client request token. */
export const transact = async (client: DocumentClient, legs: readonly Leg[]): Promise<TransactResult> => {
  try {
    await client.send(new TransactWriteCommand({ TransactItems: legs.map(toTransactItem) }))
    return { outcome: 'written' }
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error
    const reasons = error.CancellationReasons ?? []
    if (!reasons.some((reason) => reason.Code === 'ConditionalCheckFailed')) {
      if (reasons.some((reason) => reason.Code === 'TransactionConflict')) return { outcome: 'conflict' }
      throw error
    }
    return {
      outcome: 'conditionFailed',
      failed: reasons.map((reason) => reason.Code === 'ConditionalCheckFailed'),
      items: reasons.map((reason) => unmarshalItem(reason.Item)),
    }
  }
}

const toTransactItem = (leg: Leg) => {
  const conditionFields = (extra?: string) => ({
    TableName: leg.table,
    ConditionExpression: leg.condition?.expression,
    ExpressionAttributeNames: namesOf(extra, leg.condition?.expression),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  })
  const values = valuesOf(leg.condition)
  if ('put' in leg) return { Put: { Item: leg.put, ...conditionFields(), ExpressionAttributeValues: values } }
  if ('update' in leg)
    return {
      Update: {
        Key: leg.update,
        UpdateExpression: leg.set.expression,
        ...conditionFields(leg.set.expression),
        ExpressionAttributeValues: valuesOf(leg.set, leg.condition),
      },
    }
  if ('remove' in leg) return { Delete: { Key: leg.remove, ...conditionFields(), ExpressionAttributeValues: values } }
  return {
    ConditionCheck: {
      Key: leg.check,
      ...conditionFields(),
      ConditionExpression: leg.condition.expression,
      ExpressionAttributeValues: values,
    },
  }
}
