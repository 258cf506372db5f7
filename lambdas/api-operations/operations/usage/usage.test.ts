import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventIdOf, newId } from '../../../../shared/core/ids.ts'
import { Events } from '../../../../shared/store/events.ts'
import { sumMinuteCounts } from '../../../../shared/store/minute-counts.ts'
import { eventDataPlace } from '../../../../shared/store/places.ts'
import type { EventRow } from '../../../../shared/store/rows/message.ts'
import { Sessions } from '../../../../shared/store/sessions.ts'
import { deleteRowsOfSessions } from '../../../sweeper/operations/delete-session-rows.ts'
import { startTestApi, type TestApi } from '../../../testing/test-api.ts'

let api: TestApi

beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.stop())

type Tenant = Awaited<ReturnType<TestApi['newTenant']>>
const DAY = '2026-11-21'
const NEXT = '2026-11-22'
const at = (time: string) => Date.parse(`${DAY}T${time}Z`)

/** Writes the log of a session as its worker does. */
const putLog = async (
  tenant: Tenant,
  sessionId: string,
  log: readonly [type: string, at: number, data?: unknown, counted?: EventRow['counted']][],
) => {
  const events = new Events(api.tables, tenant.scope)
  for (const [index, [type, timestamp, data, counted]] of log.entries()) {
    const id = eventIdOf(sessionId, index + 1, timestamp)
    await events.put({
      v: 1,
      tenantId: tenant.id,
      mode: 'test',
      id,
      type,
      sessionId,
      sequence: index + 1,
      timestamp,
      data: await api.tenantKeys.seal(tenant.scope, eventDataPlace(id), data ?? {}),
      ...(counted ? { counted } : {}),
    })
  }
}
const outbound = { message: { direction: 'outbound', type: 'text', text: { body: 'x' } } }
const inbound = { message: { direction: 'inbound', type: 'image', image: { sizeBytes: 500 } } }
const usage = async (tenant: Tenant, query = `from=${DAY}&to=${NEXT}`) =>
  (await api.call(tenant.key, 'GET', `/v1/usage?${query}`)).body

const makeTenant = async () => {
  const tenant = await api.newTenant()
  const sessionId = await api.newSession(tenant.key)
  await putLog(tenant, sessionId, [
    ['session.connected', at('23:00:00')],
    ['message.sent', at('23:10:00'), outbound],
    ['message.delivered', at('23:10:01'), outbound],
    ['message.received', at('23:11:00'), inbound],
    ['session.disconnected', at('23:30:00')],
    ['session.connected', at('23:59:00')],
    ['message.failed', at('23:59:30'), outbound],
    ['session.disconnected', Date.parse(`${NEXT}T00:10:00Z`)],
  ])
  return { tenant, sessionId }
}

describe('GET /v1/usage', () => {
  it('counts messages, connected time and media by UTC day', async () => {
    const { tenant } = await makeTenant()
    const report = await usage(tenant)
    expect(report).toMatchObject({ mode: 'test', currency: 'USD', complete: true, granularity: 'day' })
    expect(report.data[0]).toMatchObject({
      period: DAY,
      sessionId: null,
      sessionsActive: 1,
      sessionSeconds: 30 * 60 + 60,
      mediaBytes: 500,
      messages: [
        { direction: 'inbound', type: 'image', outcome: 'received', count: 1 },
        { direction: 'outbound', type: 'text', outcome: 'delivered', count: 1 },
        { direction: 'outbound', type: 'text', outcome: 'failed', count: 1 },
        { direction: 'outbound', type: 'text', outcome: 'sent', count: 1 },
      ],
    })
    expect(report.data[0].estimatedCost).toBeGreaterThan(0)
    expect(report.data[1]).toMatchObject({ period: NEXT, sessionSeconds: 600, messages: [] })
  })

  it('counts every event once, however often and however many at once ask', async () => {
    const { tenant } = await makeTenant()
    const reports = await Promise.all(Array.from({ length: 12 }, () => usage(tenant)))
    const last = await usage(tenant)
    for (const report of reports) {
      expect(report.data[0].sessionSeconds).toBeLessThanOrEqual(last.data[0].sessionSeconds)
    }
    expect(last.data[0].messages.map(({ count }: { count: number }) => count)).toEqual([1, 1, 1, 1])
    expect(last.data[0].sessionSeconds).toBe(1_860)
  })

  it('by month, by session, of one session', async () => {
    const { tenant, sessionId } = await makeTenant()
    const month = await usage(tenant, `from=${DAY}&to=${NEXT}&granularity=month`)
    expect(month.data).toMatchObject([{ period: '2026-11', sessionSeconds: 2_460 }])
    const bySession = await usage(tenant, `from=${DAY}&to=${DAY}&groupBy=session`)
    expect(bySession.data).toMatchObject([{ sessionId, sessionSeconds: 1_860, apiCalls: null }])
    expect((await usage(tenant, `from=${DAY}&to=${DAY}&sessionId=${sessionId}`)).data).toEqual(bySession.data)
  })

  it('shows an open connection up to now', async () => {
    const tenant = await api.newTenant()
    const sessionId = await api.newSession(tenant.key)
    const now = Date.now() + api.time.offsetMs
    await putLog(tenant, sessionId, [['session.connected', now - 5_000]])
    const [row] = (await usage(tenant, `from=${new Date(now - 5_000).toISOString().slice(0, 10)}`)).data.slice(-1)
    expect(row.sessionSeconds).toBeGreaterThan(0)
  })

  const todayNow = () => new Date(Date.now() + api.time.offsetMs).toISOString().slice(0, 10)
  /** What a report would show, without the call that asks for it. */
  const counted = (tenant: Tenant, what: 'apiCalls' | 'webhookAttempts' = 'apiCalls', day = todayNow()) =>
    sumMinuteCounts(api.tables, what, tenant.scope, day, Date.now() + api.time.offsetMs)

  it('an answered call is counted when its answer is there: nothing waits in memory', async () => {
    const tenant = await api.newTenant()
    for (let n = 1; n <= 4; n++) {
      await api.call(tenant.key, 'GET', '/v1/tenant')
      expect(await counted(tenant)).toBe(n)
    }
    await Promise.all(Array.from({ length: 40 }, () => api.call(tenant.key, 'GET', '/v1/messages/msg_unknown')))
    expect(await counted(tenant)).toBe(44)
    expect((await usage(tenant, '')).data.at(-1).apiCalls).toBeGreaterThanOrEqual(44)
  })

  it('no answer goes before its call is counted', async () => {
    const tenant = await api.newTenant()
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    api.tables.client.middlewareStack.add(
      (next) => async (args) => {
        const { Key: key } = args.input as { Key?: { pk?: unknown } }
        if (String(key?.pk).startsWith(`${tenant.scope.prefix}UM#`)) {
          begin()
          await held
        }
        return next(args)
      },
      { step: 'initialize', name: 'holdCounts' },
    )
    let answered = false
    const call = api.call(tenant.key, 'GET', '/v1/tenant').then(() => {
      answered = true
    })
    await begun
    // Another tenant's whole request takes longer than what is left of this one.
    for (let n = 0; n < 5; n++) await api.call((await api.newTenant()).key, 'GET', '/v1/limits')
    expect(answered).toBe(false)
    release()
    await call
    api.tables.client.middlewareStack.remove('holdCounts')
    expect(await counted(tenant)).toBe(1)
  })

  it('sums minutes that are over once: the sum of a day stays when its rows by minute are gone', async () => {
    const tenant = await api.newTenant()
    const day = todayNow()
    for (let n = 0; n < 3; n++) await api.call(tenant.key, 'GET', '/v1/tenant')
    expect(await counted(tenant, 'apiCalls', day)).toBe(3)
    api.time.offsetMs += 2 * 86_400_000
    expect(await counted(tenant, 'apiCalls', day)).toBe(3)
    for (let shard = 0; shard < 16; shard++) {
      const pk = `${tenant.scope.prefix}UM#${day}#${shard}`
      const minutes = { expression: '#pk = :pk', values: { ':pk': pk } }
      for await (const item of api.tables.usage.queryAll({ key: minutes })) {
        expect(item.ttl).toBeGreaterThan(Date.parse(day) / 1000 + 399 * 86_400)
        await api.tables.usage.remove({ pk, sk: String(item.sk) })
      }
    }
    expect((await usage(tenant, `from=${day}&to=${day}`)).data[0].apiCalls).toBe(3)
  })

  it('attempts stay counted when endpoint and ledger are gone; a test of an endpoint is one', async () => {
    const tenant = await api.newTenant()
    const endpoint = await api.call(tenant.key, 'POST', '/v1/webhook-endpoints', {
      body: { url: 'https://receiver.invalid/hook' },
    })
    const test = () => api.call(tenant.key, 'POST', `/v1/webhook-endpoints/${endpoint.body.id}/test`)
    for (let n = 0; n < 2; n++) expect((await test()).status).toBe(200)
    expect((await api.call(tenant.key, 'DELETE', `/v1/webhook-endpoints/${endpoint.body.id}`)).status).toBe(204)
    expect((await usage(tenant, `granularity=month`)).data.at(-1).webhookAttempts).toBe(2)
    const csv = await api.call(tenant.key, 'GET', '/v1/usage', { headers: { Accept: 'text/csv' } })
    expect(csv.body).toContain(`${todayNow()},,webhookAttempts,,,,2\r\n`)
  })

  it('a deleted session is counted before its rows go, also when nobody asked until then', async () => {
    const { tenant, sessionId } = await makeTenant()
    expect((await api.call(tenant.key, 'DELETE', `/v1/sessions/${sessionId}`)).status).toBe(202)
    const { tables, tenantKeys, mediaStore } = api
    const services = { tables, tenantKeys, mediaStore, log: api.dependencies.log }
    for (let round = 0; round < 4; round++)
      await deleteRowsOfSessions(services, Date.now() + api.time.offsetMs + 5 * 86_400_000)
    expect(await new Sessions(api.tables, tenant.scope).get(sessionId)).toBeNull()
    const report = await usage(tenant)
    expect(report.data[0]).toMatchObject({ sessionSeconds: 1_860, sessionsActive: 1, mediaBytes: 500 })
    expect(report.data[0].messages.map(({ count }: { count: number }) => count)).toEqual([1, 1, 1, 1])
  })

  it('a message that was canceled is one, however often that was asked; it is paid for like one that failed', async () => {
    const tenant = await api.newTenant()
    const sessionId = await api.newSession(tenant.key)
    await api.setSession(tenant.scope, sessionId, 'connected')
    const { id } = (
      await api.call(tenant.key, 'POST', '/v1/messages', {
        body: { sessionId, to: '+5511988887777', type: 'text', text: { body: 'x' } },
      })
    ).body
    const before = (await usage(tenant, 'granularity=month')).data.at(-1)
    expect(before.messages).toEqual([])
    await Promise.all([1, 2, 3].map(() => api.call(tenant.key, 'POST', `/v1/messages/${id}/cancel`)))
    await api.call(tenant.key, 'POST', `/v1/messages/${id}/cancel`)
    const after = (await usage(tenant, `granularity=month&sessionId=${sessionId}`)).data.at(-1)
    expect(after.messages).toEqual([{ direction: 'outbound', type: 'text', outcome: 'canceled', count: 1 }])
    expect(after.estimatedCost).toBeGreaterThan(0)
  })

  it('comes as CSV, one value per line', async () => {
    const { tenant, sessionId } = await makeTenant()
    const answer = await api.call(tenant.key, 'GET', `/v1/usage?from=${DAY}&to=${DAY}&groupBy=session`, {
      headers: { Accept: 'text/csv' },
    })
    expect(answer.headers['Content-Type']).toBe('text/csv; charset=utf-8')
    expect(answer.raw.isBase64Encoded).toBe(false)
    expect(answer.body.split('\r\n')).toContain(`${DAY},${sessionId},messages,outbound,text,sent,1`)
    expect(answer.body.split('\r\n')[0]).toBe('period,sessionId,metric,direction,type,outcome,value')
  })

  it.each([`from=${NEXT}&to=${DAY}`, 'from=2026-01-01&to=2026-12-31', 'from=yesterday', 'granularity=hour'])(
    'refuses %s',
    async (query) => {
      const { key } = await api.newTenant()
      expect((await api.call(key, 'GET', `/v1/usage?${query}`)).body.code).toBe('validation_failed')
    },
  )
})

describe('of tenants whose contents are gone', () => {
  const messagesOf = async (id: string) => {
    const report = await api.call(api.adminKey, 'GET', `/v1/tenants/${id}/usage?from=${DAY}&to=${NEXT}&mode=test`)
    expect(report.status).toBe(200)
    return report.body.data.flatMap(({ messages }: { messages: object[] }) => messages)
  }
  const counted = { direction: 'outbound', type: 'text', mediaBytes: 0 }

  it('an expunged event counts, and stops no report', async () => {
    const tenant = await api.newTenant()
    const sessionId = await api.newSession(tenant.key)
    await putLog(tenant, sessionId, [
      ['message.sent', at('10:00:00'), outbound, counted],
      ['message.sent', at('10:00:01'), outbound],
    ])
    for (const sequence of [1, 2]) {
      const id = eventIdOf(sessionId, sequence, at(`10:00:0${sequence - 1}`))
      expect((await api.call(tenant.key, 'POST', `/v1/events/${id}/expunge`)).status).toBe(200)
    }
    // The second is a row of before `counted`: nobody knows any more what it was.
    expect(await messagesOf(tenant.id)).toEqual([{ direction: 'outbound', type: 'text', outcome: 'sent', count: 1 }])
  })

  it('a deleted tenant is counted after its data keys are destroyed', async () => {
    const tenant = await api.newTenant()
    const sessionId = await api.newSession(tenant.key)
    await putLog(tenant, sessionId, [['message.sent', at('10:00:00'), outbound, counted]])
    const keyOf = { pk: `${tenant.scope.prefix}DK`, sk: 'META' }
    await api.tables.core.put({ ...keyOf, v: 1, destroyedAt: 1 })
    expect(await messagesOf(tenant.id)).toEqual([{ direction: 'outbound', type: 'text', outcome: 'sent', count: 1 }])
  })
})

describe('the platform', () => {
  const ask = (path: string, headers: Record<string, string> = {}) => api.call(api.adminKey, 'GET', path, { headers })

  it('sees of a tenant what the tenant sees, by mode, and it is no call of the tenant', async () => {
    const { tenant } = await makeTenant()
    const query = `from=${DAY}&to=${NEXT}&granularity=month`
    const own = await usage(tenant, query)
    const seen = await ask(`/v1/tenants/${tenant.id}/usage?${query}&mode=test`)
    const again = await ask(`/v1/tenants/${tenant.id}/usage?${query}&mode=test`)
    expect(again.body.data).toEqual(seen.body.data)
    expect(seen.body.data[0].sessionSeconds).toBe(own.data[0].sessionSeconds)
    expect(seen.body.data[0].messages).toEqual(own.data[0].messages)
    expect((await ask(`/v1/tenants/${tenant.id}/usage?${query}`)).body.data[0]).toMatchObject({ sessionSeconds: 0 })
    expect((await ask(`/v1/tenants/${newId('ten')}/usage`)).status).toBe(404)
    expect((await api.call(tenant.key, 'GET', `/v1/tenants/${tenant.id}/usage`)).status).toBe(403)
    expect((await api.call(tenant.key, 'GET', '/v1/admin/usage')).status).toBe(403)
  })

  it('sees all tenants by month, page by page, as JSON and CSV', async () => {
    const made = []
    for (let n = 0; n < 3; n++) {
      const tenant = await api.newTenant()
      for (let call = 0; call <= n; call++) await api.call(tenant.key, 'GET', '/v1/tenant')
      made.unshift(tenant.id)
    }
    const month = new Date(Date.now() + api.time.offsetMs).toISOString().slice(0, 7)
    const first = await ask('/v1/admin/usage?mode=test&limit=2')
    expect(first.body).toMatchObject({ month, mode: 'test', currency: 'USD', hasMore: true })
    const second = await ask(`/v1/admin/usage?mode=test&limit=2&cursor=${first.body.nextCursor}`)
    const rows = [...first.body.data, ...second.body.data].slice(0, 3)
    expect(rows.map(({ tenantId }) => tenantId)).toEqual(made)
    expect(rows.map(({ usage: row }) => row.apiCalls)).toEqual([3, 2, 1])
    for (const row of rows) expect(row).toMatchObject({ complete: true, status: 'active', usage: { period: month } })
    const other = await ask(`/v1/admin/usage?mode=live&cursor=${first.body.nextCursor}`)
    expect(other.body.code).toBe('invalid_cursor')
    const csv = await ask('/v1/admin/usage?mode=test&limit=2', { Accept: 'text/csv' })
    expect(csv.body.split('\r\n')[0]).toBe('tenantId,period,sessionId,metric,direction,type,outcome,value')
    expect(csv.body.split('\r\n')).toContain(`${made[0]},${month},,apiCalls,,,,3`)
    const next = await ask(`/v1/admin/usage?mode=test&limit=2&cursor=${csv.headers['Next-Cursor']}`)
    expect(next.body.data[0].tenantId).toBe(made[2])
  })

  it('a month without anything is a row of zeros, also before the tenant was there', async () => {
    await api.newTenant()
    const { body } = await ask('/v1/admin/usage?month=2024-02&limit=1')
    expect(body.data[0].usage).toMatchObject({ period: '2024-02', apiCalls: 0, messages: [], estimatedCost: 0 })
    expect((await ask('/v1/admin/usage?month=2024-13')).body.code).toBe('validation_failed')
  })
})
