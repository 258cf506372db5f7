import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestCloud, type TestCloud } from '../../local/cloud/testing/cloud.ts'
import { newId } from '../core/ids.ts'
import { TenantScope } from '../core/tenant-scope.ts'
import { listDueOperations, OperationRows } from './operation-rows.ts'
import type { Sealed } from './rows/fields.ts'
import type { OperationRow } from './rows/operation.ts'
import { openTables, type Tables } from './tables.ts'

let cloud: TestCloud
let tables: Tables
let rows: OperationRows
const scope = TenantScope.fromVerified('systemRow', { tenantId: newId('ten'), mode: 'test' })
const sessionId = newId('ses')

beforeAll(async () => {
  cloud = await startTestCloud()
  cloud.apply()
  tables = openTables()
  rows = new OperationRows(tables, scope)
})
afterAll(async () => {
  tables.client.destroy()
  await cloud.stop()
})

const accept = async (more: Partial<OperationRow> = {}): Promise<OperationRow> => {
  const { row } = await rows.accept({
    v: 1,
    tenantId: scope.tenantId,
    mode: scope.mode,
    id: newId('op'),
    sessionId,
    kind: 'createGroup',
    status: 'pending',
    input: 'x' as Sealed,
    result: null,
    failure: null,
    requestHash: 'hash',
    createdAt: 1_000,
    expiresAt: 2_000,
    startedAt: null,
    completedAt: null,
    epoch: 0,
    claimToken: null,
    attempts: 0,
    ...more,
  })
  return row
}
const isOpen = async (id: string) =>
  (await rows.listOpen(sessionId, { limit: 100 })).rows.some(({ operationId }) => operationId === id)
const DONE = { status: 'succeeded', result: 'y' as Sealed, failure: null, at: 3_000 } as const

it('is accepted once: a second accept of the same id gets the first', async () => {
  const first = await accept()
  expect(await rows.accept({ ...first, requestHash: 'other' })).toMatchObject({ outcome: 'exists', row: first })
  expect(await isOpen(first.id)).toBe(true)
})

it('is claimed by one owner in its time; a later owner takes it over, an earlier one gets it no more', async () => {
  const { id } = await accept()
  const first = await rows.claim(id, { epoch: 5, claimToken: 'a', now: 1_500 })
  expect(first).toMatchObject({ outcome: 'claimed', before: { status: 'pending' }, row: { attempts: 1 } })
  expect(await rows.claim(id, { epoch: 5, claimToken: 'b', now: 1_500 })).toMatchObject({ outcome: 'lost' })
  expect(await rows.claim(id, { epoch: 5, claimToken: 'a', now: 9_000 })).toMatchObject({ outcome: 'claimed' })
  const later = await rows.claim(id, { epoch: 6, claimToken: 'c', now: 9_000 })
  expect(later).toMatchObject({ outcome: 'claimed', before: { status: 'running', epoch: 5 } })
  expect(await rows.claim(id, { epoch: 5, claimToken: 'a', now: 1_500 })).toMatchObject({ outcome: 'lost' })
})

it('is not begun after its time', async () => {
  const { id } = await accept()
  expect(await rows.claim(id, { epoch: 1, claimToken: 'a', now: 2_000 })).toMatchObject({ outcome: 'lost' })
})

it('is ended by who has it now, once; a fenced owner ends nothing', async () => {
  const { id } = await accept()
  const old = await rows.claim(id, { epoch: 1, claimToken: 'a', now: 1_500 })
  const mine = await rows.claim(id, { epoch: 2, claimToken: 'b', now: 1_600 })
  if (old.outcome !== 'claimed' || mine.outcome !== 'claimed') throw new Error('not claimed')
  expect(await rows.end(old.row, { ...DONE, status: 'failed' })).toBe(false)
  expect(await isOpen(id)).toBe(true)
  expect(await rows.end(mine.row, DONE)).toBe(true)
  expect(await rows.end(mine.row, { ...DONE, status: 'unknown' })).toBe(false)
  expect(await rows.get(id)).toMatchObject({ status: 'succeeded', result: 'y', completedAt: 3_000 })
  expect(await isOpen(id)).toBe(false)
})

it('is due when its time is over, and again when its answer was kept for a week', async () => {
  const row = await accept({ expiresAt: 50_000 })
  const isDue = async (before: number) =>
    (await listDueOperations(tables, { before, limitPerShard: 100 })).some(({ operationId }) => operationId === row.id)
  expect([await isDue(49_000), await isDue(50_001)]).toEqual([false, true])
  await rows.end(row, { ...DONE, status: 'expired', at: 60_000 })
  expect([await isDue(60_001), await isDue(60_001 + 7 * 24 * 3_600_000)]).toEqual([false, true])
})
