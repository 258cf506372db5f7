import { PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestCloud } from '../../local/cloud/testing/cloud.ts'
import { mirrorTable } from './mirror-table.ts'
import type { Item } from './table.ts'
import { openTables, type Tables } from './tables.ts'

let stop: () => Promise<void>
let tables: Tables
beforeAll(async () => {
  const cloud = await startTestCloud()
  cloud.apply()
  stop = () => cloud.stop()
  tables = openTables()
})
afterAll(() => stop())

const put = (table: string, row: Item) => tables.client.send(new PutCommand({ TableName: table, Item: row }))
const all = async (table: string): Promise<Item[]> => {
  const { Items = [] } = await tables.client.send(new ScanCommand({ TableName: table, ConsistentRead: true }))
  return Items.sort((a, b) => (String(a.sk) < String(b.sk) ? -1 : 1))
}

it('a table becomes what its restored copy is: changed rows back, later ones gone; only counted until it is told to write', async () => {
  // Two tables with the same keys: the restored copy and the one that lives.
  const [from, to] = [tables.core.name, tables.ephemeral.name]
  const row = (n: number, more: Item = {}): Item => ({
    pk: `P#${n % 3}`,
    sk: `R#${n}`,
    v: 1,
    sealed: Buffer.from([n % 256]),
    ...more,
  })
  for (let n = 100; n < 360; n++) await put(from, row(n))
  for (let n = 150; n < 420; n++) await put(to, n < 200 ? row(n, { status: 'later' }) : row(n))
  const plan = { same: 160, put: 100, removed: 60 }
  expect(await mirrorTable(tables.client, { from, to, write: false })).toEqual(plan)
  expect((await all(to)).length).toBe(270)
  expect(await mirrorTable(tables.client, { from, to, write: true })).toEqual(plan)
  expect(await all(to)).toEqual(await all(from))
  expect(await mirrorTable(tables.client, { from, to, write: true })).toEqual({ same: 260, put: 0, removed: 0 })
})
