import { expect, test } from 'vitest'
import { startTestCloud } from '../local/cloud/testing/cloud.ts'
import { newId } from '../shared/core/ids.ts'
import { TenantScope } from '../shared/core/tenant-scope.ts'
import { makeLog } from '../shared/log/log.ts'
import { sumMinuteCounts } from '../shared/store/minute-counts.ts'
import { openTables } from '../shared/store/tables.ts'
import { MinuteCounter } from '../shared/usage/minute-counter.ts'
import { writeLostCounts } from './write-lost-counts.ts'

const NOON = Date.parse('2026-11-21T12:00:00Z')
const HOUR_MS = 3_600_000

test('a count that the table refused, of an environment that ended, is in its log, and is counted once from there', async () => {
  const cloud = await startTestCloud()
  cloud.apply()
  const tables = openTables()
  const lines: string[] = ['Task timed out after 29.00 seconds\n', '{"msg":"swept"}\n']
  const log = makeLog('api', 'info', (line) => void lines.push(line))
  const counter = new MinuteCounter({ tables, log, what: 'apiCalls' })
  const scope = TenantScope.fromVerified('systemRow', { tenantId: newId('ten'), mode: 'test' })
  const sum = (now: number) => sumMinuteCounts(tables, 'apiCalls', scope, '2026-11-21', now)

  await counter.count(scope, NOON)
  tables.client.middlewareStack.add(
    () => async () => {
      throw new Error('the table is away')
    },
    { step: 'initialize', name: 'refuse' },
  )
  for (let n = 0; n < 2; n++) await counter.count(scope, NOON)
  tables.client.middlewareStack.remove('refuse')
  // Hours later the day is summed, without the two.
  const later = NOON + 30 * HOUR_MS
  expect(await sum(later)).toBe(1)

  const read = async function* () {
    yield* lines
  }
  expect(await writeLostCounts(tables, read(), later)).toEqual({ written: 2, tooOld: 0 })
  expect(await sum(later)).toBe(3)
  await writeLostCounts(tables, read(), later)
  expect(await sum(later)).toBe(3)
  expect(await writeLostCounts(tables, read(), later + 400 * 24 * HOUR_MS)).toEqual({ written: 0, tooOld: 2 })
  await cloud.stop()
})
