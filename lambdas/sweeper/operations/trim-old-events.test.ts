import pino from 'pino'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { newId } from '../../../shared/core/ids.ts'
import type { PlanName } from '../../../shared/core/plans.ts'
import { Events, refOf } from '../../../shared/store/events.ts'
import { dayOf, deliveryPartition, eventKey } from '../../../shared/store/keys.ts'
import { transact } from '../../../shared/store/table.ts'
import { type TenantRow, Tenants } from '../../../shared/store/tenants.ts'
import { UsageRows } from '../../../shared/store/usage.ts'
import { type Pipeline, startPipeline } from '../../webhook-deliver/testing/pipeline.ts'
import { trimOldEvents } from './trim-old-events.ts'

const DAY_MS = 86_400_000
const INBOUND = { message: { direction: 'inbound', type: 'text', text: { body: 'Hi' } } }
const quietLog = pino({ level: 'silent' })
let pipeline: Pipeline
beforeAll(async () => {
  pipeline = await startPipeline()
})
afterAll(() => pipeline.stop())
beforeEach(() => pipeline.reset())

const tenantOf = async (plan: PlanName, limits: TenantRow['limits'] = {}) => {
  const row: TenantRow = {
    v: 1,
    id: pipeline.state.scope.tenantId,
    name: 'Acme',
    plan,
    status: 'active',
    limits,
    metadata: {},
    createdAt: pipeline.state.now,
  }
  await transact(pipeline.tables.client, [new Tenants(pipeline.tables).createLeg(row)])
}
const tell = async (sessionId: string, from: number, until: number) => {
  for (let sequence = from; sequence <= until; sequence++)
    await pipeline.fanOut(await pipeline.writeEvent({ sessionId, sequence, data: INBOUND }))
  await pipeline.drain()
}
const days = (count: number) => {
  pipeline.state.now += count * DAY_MS
}
/** Every minute of a night. */
const trim = async () => {
  let deleted = 0
  const { tables, tenantKeys } = pipeline
  for (let minute = 0; minute < 6; minute++)
    deleted += await trimOldEvents({ tables, tenantKeys, log: quietLog }, pipeline.state.now)
  return deleted
}
const read = async (sessionId: string, afterSequence = 0) => {
  const events = new Events(pipeline.tables, pipeline.state.scope)
  return (await events.readSession(sessionId, { afterSequence, limit: 100 })).rows.map((row) => row.sequence)
}
const ledgerRows = async (endpointId: string, day: string) =>
  (
    await pipeline.tables.messages.query({
      key: {
        expression: '#pk = :pk',
        values: { ':pk': deliveryPartition(pipeline.state.scope, endpointId, day) },
      },
      limit: 100,
    })
  ).items.length

it('events and their ledger go when the plan is over, also where nothing happens any more; younger ones stay', async () => {
  await tenantOf('trial')
  const endpointId = await pipeline.endpoint()
  const [silent, busy] = [newId('ses'), newId('ses')]
  const firstDay = dayOf(pipeline.state.now)
  await tell(silent, 1, 3)
  await tell(busy, 1, 3)
  days(5)
  await tell(busy, 4, 5)
  await trim()
  expect(await read(silent)).toEqual([1, 2, 3])
  days(4)
  await trim()
  expect(await read(silent)).toEqual([])
  expect(await ledgerRows(endpointId, firstDay)).toBe(0)
  // A reader from the beginning is not stopped by what is gone.
  expect(await read(busy)).toEqual([4, 5])
  expect(await read(busy, 2)).toEqual([4, 5])
  await tell(silent, 4, 4)
  expect(await read(silent)).toEqual([4])
})

it('a gap above what was trimmed still stops a reader: the late event comes first', async () => {
  await tenantOf('trial')
  await pipeline.endpoint()
  const sessionId = newId('ses')
  await tell(sessionId, 1, 2)
  days(9)
  await trim()
  await tell(sessionId, 4, 4)
  expect(await read(sessionId)).toEqual([])
  await tell(sessionId, 3, 3)
  expect(await read(sessionId)).toEqual([3, 4])
})

it('what goes was counted before, also when nobody asked for usage until then', async () => {
  await tenantOf('trial')
  await pipeline.endpoint()
  const sessionId = newId('ses')
  const firstDay = dayOf(pipeline.state.now)
  await tell(sessionId, 1, 3)
  days(9)
  await trim()
  expect(await read(sessionId)).toEqual([])
  expect(await new UsageRows(pipeline.tables, pipeline.state.scope).day(firstDay)).toEqual([
    { sessionId, counters: { 'messages.inbound.text.received': 3 } },
  ])
})

it('an event behind a gap that may still close is not counted yet, and stays', async () => {
  await tenantOf('trial')
  await pipeline.endpoint()
  const sessionId = newId('ses')
  const firstDay = dayOf(pipeline.state.now)
  await tell(sessionId, 1, 1)
  await tell(sessionId, 3, 3)
  days(9)
  await trim()
  pipeline.state.now -= 9 * DAY_MS
  await tell(sessionId, 2, 2)
  days(9)
  await trim()
  expect(await read(sessionId)).toEqual([])
  expect((await new UsageRows(pipeline.tables, pipeline.state.scope).day(firstDay))[0]?.counters).toEqual({
    'messages.inbound.text.received': 3,
  })
})

it('a longer plan keeps longer', async () => {
  await tenantOf('standard')
  await pipeline.endpoint()
  const sessionId = newId('ses')
  await tell(sessionId, 1, 2)
  days(20)
  await trim()
  expect(await read(sessionId)).toEqual([1, 2])
  days(12)
  await trim()
  expect(await read(sessionId)).toEqual([])
})

it('a tenant may have its own number of days; control-plane events go by it too', async () => {
  await tenantOf('enterprise', { eventRetentionDays: 2 })
  const endpointId = await pipeline.endpoint({ retry: 'none' })
  pipeline.answerWith(500)
  const day = dayOf(pipeline.state.now)
  await tell(newId('ses'), 1, 1)
  for (const event of pipeline.state.published) await pipeline.fanOut(refOf(event))
  const control = () => new Events(pipeline.tables, pipeline.state.scope).readControl(day, { limit: 10 })
  expect((await control()).items.map(({ type }) => type)).toEqual(['delivery.exhausted'])
  days(4)
  await trim()
  expect((await control()).items).toEqual([])
  expect(await ledgerRows(endpointId, day)).toBe(0)
})

it('an event that is not fanned out stays, whatever its age', async () => {
  await tenantOf('trial')
  const endpointId = await pipeline.endpoint({ status: 'paused' })
  const sessionId = newId('ses')
  await tell(sessionId, 1, 1)
  const late = await pipeline.writeEvent({ sessionId, sequence: 2 })
  days(9)
  await trim()
  expect(await read(sessionId)).toEqual([2])
  await pipeline.fanOut(late)
  expect(await pipeline.ledger(endpointId)).toMatchObject([{ status: 'held', sequence: 2 }])
  await trim()
  expect(await read(sessionId)).toEqual([])
})

it('a delivery whose event is gone ends as expired and is no error of ours', async () => {
  const endpointId = await pipeline.endpoint()
  const ref = await pipeline.writeEvent()
  await pipeline.fanOut(ref)
  await pipeline.tables.messages.remove(eventKey(pipeline.state.scope, ref.sessionId!, ref.sequence!))
  await pipeline.drain()
  expect(await pipeline.ledger(endpointId)).toMatchObject([{ status: 'expired', attempts: 0 }])
  expect(pipeline.state.received).toEqual([])
})
