import { randomUUID } from 'node:crypto'
import pino from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Endings } from '../../shared/store/endings.ts'
import { Events } from '../../shared/store/events.ts'
import { dayOf } from '../../shared/store/keys.ts'
import { Leases } from '../../shared/store/leases.ts'
import { Messages } from '../../shared/store/messages.ts'
import { OperationRows } from '../../shared/store/operation-rows.ts'
import { Sessions } from '../../shared/store/sessions.ts'
import { Tenants } from '../../shared/store/tenants.ts'
import { UsageRows } from '../../shared/store/usage.ts'
import { startTestApi, type TestApi } from '../testing/test-api.ts'
import { deleteRowsOfSessions } from './operations/delete-session-rows.ts'
import { endOverdueMessages } from './operations/end-overdue-messages.ts'
import { endOverdueOperations } from './operations/end-overdue-operations.ts'
import { tellFailedSessions } from './operations/tell-failed-sessions.ts'

const quietLog = pino({ level: 'silent' })
const DAY_MS = 24 * 3_600_000
let api: TestApi
let tenant: Awaited<ReturnType<TestApi['newTenant']>>
let sessionId: string
let messages: Messages
let leases: Leases

beforeAll(async () => {
  api = await startTestApi()
  tenant = await api.newTenant()
  messages = new Messages(api.tables, tenant.scope)
  leases = new Leases(api.tables, tenant.scope)
})
beforeEach(async () => {
  sessionId = await api.newSession(tenant.key)
  await api.setSession(tenant.scope, sessionId, 'connected')
})
afterAll(() => api.stop())

const accept = async (times: { sendAt?: string; expiresAt?: string } = {}): Promise<string> => {
  const answer = await api.call(tenant.key, 'POST', '/v1/messages', {
    body: { sessionId, to: '+5511988887777', type: 'text', text: { body: 'Hello' }, ...times },
  })
  return answer.body.id
}
const sweep = (now: number) =>
  endOverdueMessages({ tables: api.tables, tenantKeys: api.tenantKeys, log: quietLog }, now)
const ended = async () => (await new Endings(api.tables, tenant.scope).list(sessionId, 10)).map((row) => row.messageId)

/** A worker had it and let go of it. */
const ownOnce = async (): Promise<void> => {
  const worker = await api.giveToWorker(tenant.scope, sessionId)
  const lease = await leases.get(sessionId)
  if (!lease?.owner) throw new Error('no owner')
  await leases.release({ sessionId, epoch: lease.epoch, owner: lease.owner }, true)
  await api.drain(worker.queueUrl)
}

describe('a message past its time', () => {
  it('that nobody took is failed{expired}, and somebody is asked to journal the event', async () => {
    await ownOnce()
    const id = await accept()
    expect((await sweep(Date.now())).ended).toBe(0)
    expect(await sweep(Date.now() + DAY_MS + 1)).toEqual({ ended: 1, events: [] })
    expect(await messages.get(id)).toMatchObject({ status: 'failed', failure: { code: 'expired' } })
    expect((await messages.listOpen(sessionId, { limit: 10 })).rows).toEqual([])
    expect(await ended()).toEqual([id])
    expect(await leases.get(sessionId)).toMatchObject({ settled: false, owner: null })
  })

  it('ends at the time that was asked for, scheduled or not, and not before', async () => {
    await ownOnce()
    const now = Date.now()
    const iso = (minutes: number) => new Date(now + minutes * 60_000).toISOString()
    const soon = await accept({ expiresAt: iso(5) })
    const scheduled = await accept({ sendAt: iso(60), expiresAt: iso(90) })
    expect((await sweep(now + 4 * 60_000)).ended).toBe(0)
    expect((await sweep(now + 6 * 60_000)).ended).toBe(1)
    expect(await messages.get(soon)).toMatchObject({ status: 'failed', failure: { code: 'expired' } })
    expect((await sweep(now + 80 * 60_000)).ended).toBe(0)
    expect(await messages.get(scheduled)).toMatchObject({ status: 'scheduled' })
    expect((await sweep(now + 91 * 60_000)).ended).toBe(1)
    expect(await messages.get(scheduled)).toMatchObject({ status: 'failed', failure: { code: 'expired' } })
    expect(await ended()).toEqual([soon, scheduled].sort())
  })

  it('that a dead worker had in its hands is unknown', async () => {
    await ownOnce()
    const id = await accept()
    await messages.claim(id, { epoch: 1, claimToken: randomUUID() })
    await sweep(Date.now() + DAY_MS + 1)
    expect(await messages.get(id)).toMatchObject({ status: 'unknown', failure: { code: 'expired' } })
  })

  it('is left to a live owner, for a while when it is queued, for ever when it is under way', async () => {
    await api.giveToWorker(tenant.scope, sessionId)
    const queued = await accept()
    const sending = await accept()
    await messages.claim(sending, { epoch: 1, claimToken: randomUUID() })
    expect((await sweep(Date.now() + DAY_MS + 1)).ended).toBe(0)
    expect((await sweep(Date.now() + DAY_MS + 16 * 60_000)).ended).toBe(1)
    expect(await messages.get(queued)).toMatchObject({ status: 'failed' })
    expect(await messages.get(sending)).toMatchObject({ status: 'sending' })
    expect(await ended()).toEqual([queued])
    expect(await leases.get(sessionId)).toMatchObject({ settled: false, owner: { incarnation: 1 } })
  })

  it('of a deleted session, whose log is gone, is told by a control-plane event', async () => {
    await ownOnce()
    const id = await accept()
    await leases.setDesired(sessionId, 'DELETED')
    const gone = await leases.get(sessionId)
    if (!gone) throw new Error('no lease')
    const worker = await api.giveToWorker(tenant.scope, sessionId)
    const lease = await leases.get(sessionId)
    if (!lease?.owner) throw new Error('no owner')
    await leases.release({ sessionId, epoch: lease.epoch, owner: lease.owner }, true, { carriedOut: 'DELETED' })
    await api.drain(worker.queueUrl)

    const at = Date.now() + DAY_MS + 1
    const { events } = await sweep(at)
    expect(events).toMatchObject([{ type: 'message.failed', sessionId, sequence: null }])
    // No fold of a log will meet it: it is counted as it ends, and only once.
    await sweep(at)
    expect(await new UsageRows(api.tables, tenant.scope).day(dayOf(at))).toEqual([
      { sessionId, counters: { 'messages.outbound.text.failed': 1 } },
    ])
    const { items } = await new Events(api.tables, tenant.scope).readControl(dayOf(Date.now() + DAY_MS + 1), {
      limit: 100,
    })
    expect(items.map((event) => event.id)).toContain(events[0]?.id)
    expect(await messages.get(id)).toMatchObject({ status: 'failed' })
    expect(await ended()).toEqual([])
  })

  it('of a deleted tenant, whose data keys are gone, is counted; nobody is asked to open a log', async () => {
    const gone = await api.newTenant()
    const leasesOf = new Leases(api.tables, gone.scope)
    const makeWaiting = async (): Promise<string> => {
      const line = await api.newSession(gone.key)
      await api.setSession(gone.scope, line, 'connected')
      const body = { sessionId: line, to: '+5511988887777', type: 'text', text: { body: 'Hello' } }
      expect((await api.call(gone.key, 'POST', '/v1/messages', { body })).status).toBe(202)
      return line
    }
    const [withoutLog, withLog] = [await makeWaiting(), await makeWaiting()]
    await api.giveToWorker(gone.scope, withLog)
    const { epoch, owner } = (await leasesOf.get(withLog))!
    await leasesOf.release({ sessionId: withLog, epoch, owner: owner! }, true)
    const tenants = new Tenants(api.tables)
    await tenants.startDeletion(gone.id, false, Date.now())
    await tenants.finishDeletion(gone.id, Date.now())

    const at = Date.now() + DAY_MS + 1
    const { events } = await sweep(at)
    expect(events.filter(({ tenantId }) => tenantId === gone.id)).toEqual([])
    expect(await leasesOf.get(withLog)).toMatchObject({ settled: true })
    expect(await new Endings(api.tables, gone.scope).list(withLog, 10)).toEqual([])
    const counted = await new UsageRows(api.tables, gone.scope).day(dayOf(at))
    expect(new Map(counted.map(({ sessionId: id, counters }) => [id, counters]))).toEqual(
      new Map([withoutLog, withLog].map((id) => [id, { 'messages.outbound.text.failed': 1 }])),
    )
  })

  it('an ack that comes between the look and the write wins', async () => {
    await ownOnce()
    const id = await accept()
    const row = await messages.get(id)
    if (!row) throw new Error('no message')
    await messages.advance(id, { status: 'sent', at: Date.now() })
    const failure = { code: 'expired', message: '', retryable: true }
    const endings = new Endings(api.tables, tenant.scope)
    expect(await endings.end(row, { status: 'failed', failure, at: Date.now() }, null)).toBe(false)
    expect(await messages.get(id)).toMatchObject({ status: 'sent' })
  })
})

it('rows of a deleted session go in bounded batches once its webhooks had their time', async () => {
  const { tables, tenantKeys, mediaStore } = api
  const deleteRows = (now: number) => deleteRowsOfSessions({ tables, tenantKeys, mediaStore, log: quietLog }, now)
  const ids: string[] = []
  for (let count = 0; count < 5; count++) ids.push(await accept())
  expect((await api.call(tenant.key, 'DELETE', `/v1/sessions/${sessionId}`)).status).toBe(202)
  expect(await deleteRows(Date.now() + DAY_MS)).toBe(0)
  expect(await messages.get(ids[0] ?? '')).not.toBeNull()
  const later = Date.now() + 5 * DAY_MS
  expect(await deleteRows(later)).toBeGreaterThanOrEqual(ids.length)
  await deleteRows(later)
  for (const id of ids) expect(await messages.get(id)).toBeNull()
  expect(await new Sessions(api.tables, tenant.scope).get(sessionId)).toBeNull()
  expect(await leases.get(sessionId)).toBeNull()
  expect(await deleteRows(later)).toBe(0)
})

it('a session that the reconciler set aside is told once, with its reason', async () => {
  const reason = { code: 'quarantined', retryable: false, nextAction: 'restart', since: 1 }
  const sessions = new Sessions(api.tables, tenant.scope)
  expect(await sessions.writeUntold(sessionId, 7, { status: 'failed', reason })).toBe(true)
  const tell = () => tellFailedSessions({ tables: api.tables, tenantKeys: api.tenantKeys }, Date.now())
  const told = (await Promise.all([tell(), tell(), tell()])).flat()
  expect(told).toMatchObject([{ type: 'session.failed', sessionId, sequence: null }])
  expect(await tell()).toEqual([])
  const event = await api.call(tenant.key, 'GET', `/v1/events/${told[0]?.id}`)
  expect(event.body.data.session).toMatchObject({ status: 'failed', reason: { code: 'quarantined' } })
})

describe('an operation past its time', () => {
  const ask = async (path: string, method: string, body?: object): Promise<string> =>
    (await api.call(tenant.key, method, `/v1/sessions/${sessionId}/${path}`, { body })).body.id
  const rows = () => new OperationRows(api.tables, tenant.scope)
  const sweepAt = (now: number) => endOverdueOperations({ tables: api.tables, log: quietLog }, now)
  const claim = (id: string) => rows().claim(id, { epoch: 1, claimToken: 'w', now: Date.now() })
  const HOUR_MS = 3_600_000

  it('that nobody began expires; one that a worker took down with it is unknown, unless it only read', async () => {
    const waiting = await ask('groups', 'GET')
    const read = await ask('groups', 'GET')
    const made = await ask('groups', 'POST', { subject: 'x', participants: ['+5511988887777'] })
    await Promise.all([claim(read), claim(made)])
    expect((await sweepAt(Date.now())).ended).toBe(0)
    expect((await sweepAt(Date.now() + HOUR_MS)).ended).toBe(3)
    const ends = await Promise.all([waiting, read, made].map(async (id) => (await rows().get(id))?.failure?.code))
    expect(ends).toEqual(['operation_expired', 'operation_expired', 'outcome_unknown'])
    expect((await rows().listOpen(sessionId, { limit: 10 })).rows).toEqual([])
    expect(await claim(waiting)).toMatchObject({ outcome: 'lost' })
  })

  it('is left to a worker that lives, for ten minutes', async () => {
    const id = await ask('groups', 'POST', { subject: 'x', participants: ['+5511988887777'] })
    await api.giveToWorker(tenant.scope, sessionId)
    await claim(id)
    const { expiresAt } = (await rows().get(id))!
    expect((await sweepAt(expiresAt + 60_000)).ended).toBe(0)
    expect((await sweepAt(expiresAt + 11 * 60_000)).ended).toBe(1)
  })

  it('is deleted when its answer was kept for a week', async () => {
    const id = await ask('groups', 'GET')
    const end = Date.now() + HOUR_MS
    await sweepAt(end)
    expect((await sweepAt(end + 6 * DAY_MS)).deleted).toBe(0)
    expect(await rows().get(id)).not.toBeNull()
    await sweepAt(end + 7 * DAY_MS + 1)
    expect(await rows().get(id)).toBeNull()
  })
})
