import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FRESH_BREAKER } from '../../shared/core/endpoint-breaker.ts'
import { newId } from '../../shared/core/ids.ts'
import { Deliveries } from '../../shared/store/deliveries.ts'
import { EndpointHealths } from '../../shared/store/endpoint-health.ts'
import { Endpoints } from '../../shared/store/endpoints.ts'
import { refOf } from '../../shared/store/events.ts'
import { Replays } from '../../shared/store/replays.ts'
import { type Pipeline, startPipeline } from './testing/pipeline.ts'

let pipeline: Pipeline
beforeAll(async () => {
  pipeline = await startPipeline()
})
afterAll(() => pipeline.stop())
beforeEach(() => pipeline.reset())

const statuses = async (endpointId: string) => (await pipeline.ledger(endpointId)).map((row) => row.status).sort()
const send = async (count: number, fields: Parameters<Pipeline['writeEvent']>[0] = {}) => {
  const sessionId = fields.sessionId ?? newId('ses')
  const refs = []
  for (let sequence = 1; sequence <= count; sequence++)
    refs.push(await pipeline.writeEvent({ ...fields, sessionId, sequence }))
  for (const ref of refs) await pipeline.fanOut(ref)
  return refs
}
const health = (endpointId: string) => new EndpointHealths(pipeline.tables, pipeline.state.scope).get(endpointId)
const wake = (endpointId: string) =>
  pipeline.handle({ v: 1, kind: 'wake', tenantId: pipeline.state.scope.tenantId, mode: 'test', endpointId })
const typesPublished = () => pipeline.state.published.map((event) => event.type)

describe('a dead receiver', () => {
  it('opens the breaker: later deliveries are held, one probe goes per interval, success lets all go', async () => {
    const endpointId = await pipeline.endpoint()
    pipeline.answerWith(500)
    await send(10)
    await pipeline.drain()
    expect((await health(endpointId)).breaker.state).toBe('open')
    expect(typesPublished()).toEqual(['endpoint.failing'])
    await send(5)
    const before = pipeline.state.received.length
    await pipeline.drain()
    expect(pipeline.state.received.length).toBe(before)
    expect((await statuses(endpointId)).filter((status) => status === 'held')).toHaveLength(5)
    await pipeline.pass(31)
    expect(pipeline.state.received.length).toBe(before + 1)
    pipeline.answerWith(200)
    await pipeline.pass(61)
    expect((await health(endpointId)).breaker).toEqual(FRESH_BREAKER)
    expect(typesPublished()).toEqual(['endpoint.failing', 'endpoint.recovered'])
    await pipeline.pass(5)
    await pipeline.pass(30)
    expect(new Set(await statuses(endpointId))).toEqual(new Set(['delivered']))
    expect(new Set(pipeline.state.received.map((got) => got.headers['webhook-id'])).size).toBe(15)
  })

  it('is disabled after five days of failure; other endpoints are told, held work stays', async () => {
    const endpointId = await pipeline.endpoint()
    const other = await pipeline.endpoint({ events: ['endpoint.*'] })
    const healths = new EndpointHealths(pipeline.tables, pipeline.state.scope)
    await healths.change(endpointId, (now) => ({
      ...now,
      breaker: {
        ...FRESH_BREAKER,
        state: 'open',
        failingSince: pipeline.state.now - 5 * 86_400_000,
        probeAt: pipeline.state.now,
        warnings: 4,
      },
    }))
    pipeline.answerWith(500)
    await send(1)
    await pipeline.drain()
    expect(await new Endpoints(pipeline.tables, pipeline.state.scope).get(endpointId)).toMatchObject({
      status: 'disabled',
      statusReason: 'Every attempt failed for five days',
    })
    expect(await statuses(endpointId)).toEqual(['held'])
    const [event] = pipeline.state.published
    expect(event).toMatchObject({ type: 'endpoint.disabled', aboutEndpointId: endpointId })
    pipeline.answerWith(200)
    await pipeline.fanOut(refOf(event!))
    await pipeline.drain()
    expect(await statuses(other)).toEqual(['delivered'])
    expect(await statuses(endpointId)).toEqual(['held'])
  })

  it('exhausts a delivery by its own policy and says so in an event', async () => {
    const endpointId = await pipeline.endpoint({ retry: 'none' })
    pipeline.answerWith(500)
    await send(1)
    await pipeline.drain()
    expect(await statuses(endpointId)).toEqual(['exhausted'])
    expect(typesPublished()).toEqual(['delivery.exhausted'])
  })
})

describe('pause and resume', () => {
  it('held in between, oldest first after it; nothing is dropped', async () => {
    const endpointId = await pipeline.endpoint()
    const refs = await send(3)
    await new Endpoints(pipeline.tables, pipeline.state.scope).update(endpointId, { status: 'paused' })
    await pipeline.drain()
    pipeline.state.now += 1000
    refs.push(...(await send(2)))
    expect(await statuses(endpointId)).toEqual(Array(5).fill('held'))
    expect(pipeline.state.received).toEqual([])
    await new Endpoints(pipeline.tables, pipeline.state.scope).update(endpointId, { status: 'active' })
    await new EndpointHealths(pipeline.tables, pipeline.state.scope).change(endpointId, (now) => ({
      ...now,
      releaseSince: pipeline.state.now,
    }))
    await wake(endpointId)
    await pipeline.drain()
    expect(await statuses(endpointId)).toEqual(Array(5).fill('delivered'))
    for (const _ of [1, 2, 3, 4, 5]) await pipeline.pass(20)
    expect((await health(endpointId)).releaseSince).toBeNull()
    expect(pipeline.state.queue).toEqual([])
  })

  it('a removed endpoint cancels what waits for it', async () => {
    const endpointId = await pipeline.endpoint()
    await send(2)
    await new Endpoints(pipeline.tables, pipeline.state.scope).remove(endpointId)
    await pipeline.drain()
    expect(await statuses(endpointId)).toEqual(['canceled', 'canceled'])
  })
})

describe('rate', () => {
  it('no more than burst and rate reach the receiver; the rest has a slot and is not forgotten', async () => {
    const endpointId = await pipeline.endpoint({ ratePerSecond: 2 })
    await send(12)
    await pipeline.drain()
    expect(pipeline.state.received.length).toBe(4)
    await pipeline.pass(1)
    expect(pipeline.state.received.length).toBeLessThanOrEqual(6)
    for (const _ of [1, 2, 3, 4]) await pipeline.pass(1)
    expect(await statuses(endpointId)).toEqual(Array(12).fill('delivered'))
  })

  it('halves when the receiver answers 429, and waits as it asks', async () => {
    const endpointId = await pipeline.endpoint({ ratePerSecond: 8 })
    pipeline.answerWith(429, { 'retry-after': '90' })
    await send(1)
    await pipeline.drain()
    expect((await health(endpointId)).rate.ratePerSecond).toBe(4)
    const [row] = await pipeline.ledger(endpointId)
    expect(row!.nextAttemptAt! - pipeline.state.now).toBe(90_000)
  })
})

describe('what is sent', () => {
  it('events older than the endpoint wants are expired, in the ledger, not posted', async () => {
    const endpointId = await pipeline.endpoint({ maxAgeSeconds: 60 })
    await send(1)
    await pipeline.pass(61)
    expect(await statuses(endpointId)).toEqual(['expired'])
    expect(pipeline.state.received).toEqual([])
  })

  it('filters by session and by chat', async () => {
    const sessionId = newId('ses')
    const bySession = await pipeline.endpoint({ sessions: [sessionId] })
    const byChat = await pipeline.endpoint({ chats: ['+5511988887777'] })
    const chat = { contactId: 'con_1', phone: '+5511988887777', lid: null, jid: null }
    await send(1, { sessionId })
    await send(1, { data: { message: { chat } } })
    await send(1, { data: { message: { chat: { ...chat, phone: '+5511900000000' } } } })
    expect(await statuses(bySession)).toHaveLength(1)
    expect(await statuses(byChat)).toHaveLength(2)
  })

  it('a thin payload has ids and no content', async () => {
    await pipeline.endpoint({ payload: 'thin' })
    const [ref] = await send(1)
    await pipeline.drain()
    const body = JSON.parse(pipeline.state.received[0]!.body)
    expect(body).toMatchObject({ id: ref!.eventId, type: 'message.received', sequence: 1 })
    expect(body).not.toHaveProperty('data')
  })

  it('the ledger has request and answer; signatures are masked', async () => {
    const endpointId = await pipeline.endpoint()
    pipeline.answerWith(200, { 'x-handled-by': 'me', 'set-cookie': 'secret=1' })
    await send(1)
    await pipeline.drain()
    const [row] = await pipeline.ledger(endpointId)
    const [attempt] = await new Deliveries(pipeline.tables, pipeline.state.scope).listAttempts(row!)
    expect(attempt).toMatchObject({ url: pipeline.url, responseBody: 'answer', httpStatus: 200 })
    expect(attempt!.requestHeaders['webhook-signature']).toBe('v1,***')
    expect(attempt!.connection).toMatchObject({ address: '127.0.0.1', dnsMs: null, tlsMs: null })
    expect(attempt!.responseHeaders).toMatchObject({ 'x-handled-by': 'me' })
    expect(attempt!.responseHeaders).not.toHaveProperty('set-cookie')
  })
})

describe('replays', () => {
  const startReplay = async (...input: Parameters<Pipeline['writeReplay']>) => {
    const replay = await pipeline.writeReplay(...input)
    pipeline.enqueue(replay.hint, 0)
    return replay
  }

  it('failed ones go again once each, with the same webhook-id, and the job says how many', async () => {
    const endpointId = await pipeline.endpoint({ retry: 'none' })
    pipeline.answerWith(500)
    const refs = await send(30)
    await pipeline.drain()
    await new EndpointHealths(pipeline.tables, pipeline.state.scope).change(endpointId, (now) => ({
      ...now,
      breaker: FRESH_BREAKER,
    }))
    const exhausted = (await statuses(endpointId)).filter((status) => status === 'exhausted').length
    expect(exhausted).toBeGreaterThanOrEqual(10)
    pipeline.answerWith(200)
    pipeline.state.received = []
    const replay = await startReplay(endpointId, 'failed')
    await pipeline.drain()
    expect(await replay.read()).toMatchObject({ status: 'completed', enqueued: exhausted })
    const ids = pipeline.state.received.map((got) => got.headers['webhook-id'])
    expect(ids).toHaveLength(exhausted)
    expect(refs.map((ref) => ref.eventId)).toEqual(expect.arrayContaining(ids))
  })

  it('missed: what was there before the endpoint, session by session, once; nothing that it has already', async () => {
    const sessionId = await pipeline.writeSession()
    const early = await send(30, { sessionId })
    const endpointId = await pipeline.endpoint()
    await pipeline.fanOut(await pipeline.writeEvent({ sessionId, sequence: 31 }))
    await pipeline.drain()
    const replay = await startReplay(endpointId, 'missed')
    await pipeline.drain()
    expect(await replay.read()).toMatchObject({ status: 'completed', examined: 31, enqueued: 30 })
    const ids = pipeline.state.received.map((got) => got.headers['webhook-id'])
    expect(ids).toHaveLength(31)
    expect(ids).toEqual(expect.arrayContaining(early.map((ref) => ref.eventId)))
  })

  it('missed: an open gap of a session does not end the job; what comes late is delivered by itself', async () => {
    const sessionId = await pipeline.writeSession()
    const early = []
    for (const sequence of [1, 3, 4]) early.push(await pipeline.writeEvent({ sessionId, sequence }))
    const endpointId = await pipeline.endpoint()
    const replay = await startReplay(endpointId, 'missed')
    await pipeline.drain()
    expect(await replay.read()).toMatchObject({ status: 'completed', enqueued: 3 })
    const late = await pipeline.writeEvent({ sessionId, sequence: 2 })
    await pipeline.fanOut(late)
    await pipeline.drain()
    const ids = pipeline.state.received.map((got) => got.headers['webhook-id'])
    expect(ids.sort()).toEqual([...early, late].map(({ eventId }) => eventId).sort())
  })

  it('a page that runs twice opens nothing twice; a canceled job stops', async () => {
    const endpointId = await pipeline.endpoint()
    await send(3)
    await pipeline.drain()
    pipeline.state.received = []
    const replay = await startReplay(endpointId, 'failed')
    await new Replays(pipeline.tables, pipeline.state.scope).cancel(replay.row, pipeline.state.now)
    await pipeline.drain()
    expect(await replay.read()).toMatchObject({ status: 'canceled', enqueued: 0 })
    expect(pipeline.state.received).toEqual([])
  })
})
