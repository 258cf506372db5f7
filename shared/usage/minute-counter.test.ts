import pino from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestCloud } from '../../local/cloud/testing/cloud.ts'
import { newId } from '../core/ids.ts'
import { TenantScope } from '../core/tenant-scope.ts'
import { putMinuteCount, sumMinuteCounts } from '../store/minute-counts.ts'
import { openTables, type Tables } from '../store/tables.ts'
import { MinuteCounter } from './minute-counter.ts'

const MINUTE_MS = 60_000
const NOON = Date.parse('2026-11-21T12:00:00Z')
const DAY = '2026-11-21'

let cloud: Awaited<ReturnType<typeof startTestCloud>>
let tables: Tables
/** Writes to the table fail before or after their effect while this says so. */
let broken: 'no' | 'before' | 'after' = 'no'
let writes = 0

beforeAll(async () => {
  cloud = await startTestCloud()
  cloud.apply()
  tables = openTables()
  tables.client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName !== 'UpdateCommand' && context.commandName !== 'UpdateItemCommand') return next(args)
      writes++
      if (broken === 'before') throw new Error('the table is away')
      const result = await next(args)
      if (broken === 'after') throw new Error('the answer is lost')
      return result
    },
    { step: 'initialize', name: 'breakWrites' },
  )
})
afterAll(() => cloud.stop())

const newScope = () => TenantScope.fromVerified('systemRow', { tenantId: newId('ten'), mode: 'test' })
const newCounter = () => new MinuteCounter({ tables, log: pino({ level: 'silent' }), what: 'apiCalls' })
const sum = (scope: TenantScope, now = NOON, day = DAY) => sumMinuteCounts(tables, 'apiCalls', scope, day, now)

describe('MinuteCounter', () => {
  it('what was counted is in the table when the promise settles, from however many environments', async () => {
    const scope = newScope()
    const counters = Array.from({ length: 20 }, newCounter)
    for (let round = 1; round <= 3; round++) {
      await Promise.all(counters.map((counter) => counter.count(scope, NOON)))
      expect(await sum(scope)).toBe(20 * round)
    }
  })

  it('many at once share writes, and each is in the table when its own promise settles', async () => {
    const scope = newScope()
    const counter = newCounter()
    const before = writes
    const seen = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        await counter.count(scope, NOON)
        return (await sum(scope)) - index
      }),
    )
    for (const ahead of seen) expect(ahead).toBeGreaterThanOrEqual(1)
    expect(await sum(scope)).toBe(100)
    expect(writes - before).toBeLessThan(20)
  })

  it.each(['before', 'after'] as const)('a write that fails %s its effect is made up for, once', async (when) => {
    const scope = newScope()
    const counter = newCounter()
    await counter.count(scope, NOON)
    broken = when
    await counter.count(scope, NOON)
    broken = 'no'
    // In the next minute, for another tenant: the rest of the first comes with it.
    await counter.count(newScope(), NOON + MINUTE_MS)
    expect(await sum(scope, NOON + MINUTE_MS)).toBe(2)
    await counter.count(scope, NOON + MINUTE_MS)
    expect(await sum(scope, NOON + MINUTE_MS)).toBe(3)
  })

  it('a write that comes late does not take back what a later one said', async () => {
    const scope = newScope()
    const row = { what: 'apiCalls', scope, incarnation: 'one', minute: NOON / MINUTE_MS } as const
    await putMinuteCount(tables, { ...row, count: 2 })
    await putMinuteCount(tables, { ...row, count: 1 })
    await putMinuteCount(tables, { ...row, count: 2 })
    expect(await sum(scope)).toBe(2)
  })
})

describe('the sum of a day', () => {
  it('stays exact whenever it is asked for, and by however many at once', async () => {
    const scope = newScope()
    const counter = newCounter()
    let expected = 0
    for (let minute = 0; minute < 300; minute += 25) {
      const now = NOON + minute * MINUTE_MS
      for (let n = 0; n < 3; n++, expected++) await counter.count(scope, now)
      for (const found of await Promise.all([sum(scope, now), sum(scope, now), sum(scope, now)]))
        expect(found).toBe(expected)
    }
    expect(await sum(scope, NOON + 3 * 86_400_000)).toBe(expected)
    expect(await sum(scope, NOON + 3 * 86_400_000)).toBe(expected)
    expect(await sum(scope, NOON, '2026-11-22')).toBe(0)
  })

  it('reads rows of before there were shards, and days that were summed then', async () => {
    const scope = newScope()
    await tables.usage.put({
      pk: `${scope.prefix}UM#${DAY}`,
      sk: `${NOON / MINUTE_MS}#old`,
      v: 1,
      calls: 7,
      refused: 1,
    })
    await newCounter().count(scope, NOON)
    expect(await sum(scope)).toBe(8)
    await tables.usage.put({ pk: `${scope.prefix}UA`, sk: '2026-11-01', v: 1, calls: 70 })
    expect(await sum(scope, NOON, '2026-11-01')).toBe(70)
  })
})
