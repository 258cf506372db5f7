import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { BatchGetCommand, BatchWriteCommand, ScanCommand } from '@aws-sdk/lib-dynamodb'
import type { DocumentClient, Item, Key } from './table.ts'

/** of one BatchGetItem and of one BatchWriteItem */
const GETS_AT_ONCE = 100
const WRITES_AT_ONCE = 25
const SEGMENTS = 8
const MAXIMUM_PAUSE_MS = 5_000

export interface Mirrored {
  readonly same: number
  readonly put: number
  readonly removed: number
}

/**
 * Makes `to` what `from` is: rows that differ are put, rows that `from` has not are removed. For a restore to a point in time,
 * which DynamoDB makes into a new table. Nobody may write to `to` meanwhile. Done twice it does nothing the second time.
 * @param write false: only counts what it would do
 */
export const mirrorTable = async (
  client: DocumentClient,
  { from, to, write }: { readonly from: string; readonly to: string; readonly write: boolean },
): Promise<Mirrored> => {
  const count = { same: 0, put: 0, removed: 0 }
  await eachPage(client, from, null, async (rows) => {
    const standing = new Map((await getAll(client, to, rows.map(keyOf), null)).map((row) => [nameOf(row), row]))
    const changed = rows.filter((row) => !isDeepStrictEqual(row, standing.get(nameOf(row))))
    count.same += rows.length - changed.length
    count.put += changed.length
    if (write)
      await writeAll(
        client,
        to,
        changed.map((row) => ({ PutRequest: { Item: row } })),
      )
  })
  await eachPage(client, to, 'pk, sk', async (rows) => {
    const wanted = new Set((await getAll(client, from, rows.map(keyOf), 'pk, sk')).map(nameOf))
    const surplus = rows.filter((row) => !wanted.has(nameOf(row)))
    count.removed += surplus.length
    if (write)
      await writeAll(
        client,
        to,
        surplus.map((row) => ({ DeleteRequest: { Key: keyOf(row) } })),
      )
  })
  return count
}

const keyOf = ({ pk, sk }: Item): Key => ({ pk: pk as string, sk: sk as string })
const nameOf = ({ pk, sk }: Item): string => JSON.stringify([pk, sk])

const eachPage = async (
  client: DocumentClient,
  table: string,
  projection: string | null,
  handle: (rows: Item[]) => Promise<void>,
): Promise<void> => {
  const readSegment = async (segment: number): Promise<void> => {
    let start: Item | undefined
    do {
      const page = await client.send(
        new ScanCommand({
          TableName: table,
          Segment: segment,
          TotalSegments: SEGMENTS,
          ConsistentRead: true,
          ExclusiveStartKey: start,
          ...(projection ? { ProjectionExpression: projection } : {}),
        }),
      )
      for (const rows of chunks(page.Items ?? [], GETS_AT_ONCE)) await handle(rows)
      start = page.LastEvaluatedKey
    } while (start)
  }
  await Promise.all(Array.from({ length: SEGMENTS }, (_, segment) => readSegment(segment)))
}

const getAll = async (
  client: DocumentClient,
  table: string,
  keys: readonly Key[],
  projection: string | null,
): Promise<Item[]> => {
  const found: Item[] = []
  let rest: Item[] = keys.map((key) => ({ ...key }))
  for (let attempt = 0; rest.length > 0; attempt++) {
    await pause(attempt)
    const options = { ConsistentRead: true, ...(projection ? { ProjectionExpression: projection } : {}) }
    const answer = await client.send(new BatchGetCommand({ RequestItems: { [table]: { Keys: rest, ...options } } }))
    found.push(...(answer.Responses?.[table] ?? []))
    rest = answer.UnprocessedKeys?.[table]?.Keys ?? []
  }
  return found
}

type WriteRequest = { PutRequest: { Item: Item } } | { DeleteRequest: { Key: Key } }

const writeAll = async (client: DocumentClient, table: string, requests: readonly WriteRequest[]): Promise<void> => {
  for (const chunk of chunks(requests, WRITES_AT_ONCE)) {
    let rest: object[] = [...chunk]
    for (let attempt = 0; rest.length > 0; attempt++) {
      await pause(attempt)
      const answer = await client.send(new BatchWriteCommand({ RequestItems: { [table]: rest } }))
      rest = answer.UnprocessedItems?.[table] ?? []
    }
  }
}

/** What DynamoDB had no room for comes back unprocessed: a little later, and ever later. */
const pause = async (attempt: number): Promise<void> => {
  if (attempt > 0) await sleep(Math.min(MAXIMUM_PAUSE_MS, 50 * 2 ** attempt) * (0.5 + Math.random() / 2))
}

const chunks = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size))
