import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventIdOf, newId } from '../../../shared/core/ids.ts'
import { makeControlEvent } from '../../../shared/events/control-events.ts'
import { CONTROL_SETTLE_MS } from '../../../shared/events/control-position.ts'
import { Events } from '../../../shared/store/events.ts'
import { eventDataPlace } from '../../../shared/store/places.ts'
import { transact } from '../../../shared/store/table.ts'
import { startTestApi, type TestApi } from '../../testing/test-api.ts'

let api: TestApi
let tenant: Awaited<ReturnType<TestApi['newTenant']>>

beforeAll(async () => {
  api = await startTestApi()
})
beforeEach(async () => {
  tenant = await api.newTenant()
})
afterAll(() => api.stop())

const putEvent = async (sessionId: string, sequence: number, timestamp = Date.now()) => {
  const id = eventIdOf(sessionId, sequence, timestamp)
  await new Events(api.tables, tenant.scope).put({
    v: 1,
    tenantId: tenant.id,
    mode: 'test',
    id,
    type: 'message.received',
    sessionId,
    sequence,
    timestamp,
    data: await api.tenantKeys.seal(tenant.scope, eventDataPlace(id), { text: `event ${sequence}` }),
  })
  return id
}
const read = async (query: string) => (await api.call(tenant.key, 'GET', `/v1/events?${query}`)).body

describe('events of a session', () => {
  it('come oldest first, with a cursor always', async () => {
    const sessionId = await api.newSession(tenant.key)
    for (const sequence of [1, 2, 3]) await putEvent(sessionId, sequence)
    const page = await read(`sessionId=${sessionId}&limit=2`)
    expect(page.data.map((event: { sequence: number }) => event.sequence)).toEqual([1, 2])
    expect(page.data[0]).toEqual({
      id: expect.stringMatching(/^evt_/),
      type: 'message.received',
      apiVersion: '2026-11-21',
      tenantId: tenant.id,
      mode: 'test',
      sessionId,
      sequence: 1,
      timestamp: expect.any(String),
      data: { text: 'event 1' },
    })
    expect(page.hasMore).toBe(true)
    const rest = await read(`sessionId=${sessionId}&cursor=${page.nextCursor}`)
    expect(rest.data.map((event: { sequence: number }) => event.sequence)).toEqual([3])
    const empty = await read(`sessionId=${sessionId}&cursor=${rest.nextCursor}`)
    expect(empty).toMatchObject({ data: [], hasMore: false, nextCursor: expect.any(String) })
    expect((await read(`sessionId=${sessionId}&afterSequence=1`)).data).toHaveLength(2)
  })

  it('stop before a gap: whoever sees n has seen everything below n', async () => {
    const sessionId = await api.newSession(tenant.key)
    for (const sequence of [1, 2, 4]) await putEvent(sessionId, sequence)
    expect((await read(`sessionId=${sessionId}&limit=100`)).data).toHaveLength(2)
    await putEvent(sessionId, 3)
    expect((await read(`sessionId=${sessionId}&limit=100`)).data).toHaveLength(4)
  })

  it('stay readable after the session was deleted', async () => {
    const sessionId = await api.newSession(tenant.key)
    await putEvent(sessionId, 1)
    await api.call(tenant.key, 'DELETE', `/v1/sessions/${sessionId}`)
    expect((await read(`sessionId=${sessionId}`)).data).toHaveLength(1)
  })

  it('refuse a cursor of another session, and both positions at once', async () => {
    const [a, b] = [await api.newSession(tenant.key), await api.newSession(tenant.key)]
    const { nextCursor } = await read(`sessionId=${a}`)
    expect((await read(`sessionId=${b}&cursor=${nextCursor}`)).code).toBe('invalid_cursor')
    expect((await read(`sessionId=${a}&afterSequence=1&cursor=${nextCursor}`)).code).toBe('validation_failed')
    expect((await read('afterSequence=1')).errors[0].path).toBe('afterSequence')
    expect((await read(`sessionId=${newId('ses')}`)).code).toBe('not_found')
  })

  it('are found by id', async () => {
    const sessionId = await api.newSession(tenant.key)
    const id = await putEvent(sessionId, 1)
    expect((await api.call(tenant.key, 'GET', `/v1/events/${id}`)).body).toMatchObject({
      id,
      data: { text: 'event 1' },
    })
  })
})

describe('events of the tenant', () => {
  it('every event comes exactly once and in the order of its session, in pages of any size', async () => {
    const sessions = await Promise.all(Array.from({ length: 4 }, () => api.newSession(tenant.key)))
    const from = Date.now()
    for (let sequence = 1; sequence <= 5; sequence++)
      for (const [index, sessionId] of sessions.entries())
        await putEvent(sessionId, sequence, from + sequence * 10 + index)
    api.time.offsetMs += 3_000
    const seen: { id: string; sessionId: string; sequence: number | null; type: string }[] = []
    let page = await read('limit=3')
    for (;;) {
      seen.push(...page.data)
      if (!page.hasMore) break
      page = await read(`limit=3&cursor=${page.nextCursor}`)
    }
    expect(new Set(seen.map((event) => event.id)).size).toBe(seen.length)
    expect(seen.filter((event) => event.type === 'session.created')).toHaveLength(4)
    for (const sessionId of sessions)
      expect(
        seen.filter((event) => event.sessionId === sessionId && event.sequence !== null).map((event) => event.sequence),
      ).toEqual([1, 2, 3, 4, 5])
    await putEvent(sessions[0]!, 6)
    const later = await read(`cursor=${page.nextCursor}`)
    expect(later.data).toMatchObject([{ sessionId: sessions[0], sequence: 6 }])
    expect((await read(`cursor=${later.nextCursor}`)).data).toEqual([])
  })

  it('one that commits minutes after its id was made, behind younger ones, is read by the next look, once', async () => {
    await api.newSession(tenant.key)
    const first = await read('')
    expect(first.data).toMatchObject([{ type: 'session.created', sequence: null }])
    const cursors = [first.nextCursor]
    const seen: string[] = first.data.map((event: { id: string }) => event.id)
    const madeAt = Date.now() + api.time.offsetMs
    for (const commitsAfterMs of [0, 10_000, 90_000, 170_000]) {
      const late = await makeControlEvent(api.tenantKeys, tenant.scope, {
        type: 'delivery.exhausted',
        sessionId: null,
        data: { commitsAfterMs },
        now: madeAt + 5,
      })
      api.time.offsetMs = madeAt + commitsAfterMs - Date.now()
      await api.newSession(tenant.key)
      const younger = await read(`cursor=${cursors.at(-1)}`)
      await transact(api.tables.client, [new Events(api.tables, tenant.scope).controlLeg(late)])
      const next = await read(`cursor=${younger.nextCursor}`)
      expect(next.data).toMatchObject([{ id: late.id, data: { commitsAfterMs } }])
      seen.push(...[...younger.data, ...next.data].map((event: { id: string }) => event.id))
      cursors.push(next.nextCursor)
    }
    api.time.offsetMs += CONTROL_SETTLE_MS + 10_000
    const quiet = await read(`cursor=${cursors.at(-1)}`)
    expect(quiet.data).toEqual([])
    // What is settled is not remembered one by one any more.
    expect(quiet.nextCursor.length).toBeLessThan(cursors.at(-1).length)
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toHaveLength(9)
  })

  it('find their way over days without events', async () => {
    await api.newSession(tenant.key)
    api.time.offsetMs += 3_000
    const before = await read('')
    api.time.offsetMs += 80 * 86_400_000
    await api.newSession(tenant.key)
    api.time.offsetMs += 3_000
    let page = before
    const seen: unknown[] = []
    do {
      page = await read(`cursor=${page.nextCursor}`)
      seen.push(...page.data)
    } while (page.hasMore)
    expect(seen).toHaveLength(1)
  })
})

describe('expunge of an event', () => {
  it('removes the data for good, keeps the sequence, and a repeated write of the worker does not bring it back', async () => {
    const sessionId = await api.newSession(tenant.key)
    const timestamp = Date.now()
    const id = await putEvent(sessionId, 1, timestamp)
    await putEvent(sessionId, 2)
    const answer = await api.call(tenant.key, 'POST', `/v1/events/${id}/expunge`)
    expect(answer.body).toMatchObject({ id, sequence: 1, data: null, expungedAt: expect.any(String) })
    await putEvent(sessionId, 1, timestamp)
    const page = await read(`sessionId=${sessionId}`)
    expect(page.data.map((event: { data: unknown }) => event.data)).toEqual([null, { text: 'event 2' }])
    const again = await api.call(tenant.key, 'POST', `/v1/events/${id}/expunge`)
    expect(again.body.expungedAt).toBe(answer.body.expungedAt)
    expect((await api.call(tenant.key, 'POST', `/v1/events/${newId('evt')}/expunge`)).status).toBe(404)
  })
})
