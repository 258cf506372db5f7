import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventIdOf } from '../../shared/core/ids.ts'
import { makeApi } from '../../shared/http/api.ts'
import type { ProxyEvent } from '../../shared/http/gateway.ts'
import { startTestApi, type TestApi } from '../../shared/http/testing/test-api.ts'
import { Events } from '../../shared/store/events.ts'
import { eventDataPlace } from '../../shared/store/places.ts'
import { follow, HEARTBEAT_MS, type StreamSource } from './follow.ts'
import { makeStreamHandlers } from './handlers.ts'

let api: TestApi
let tenant: Awaited<ReturnType<TestApi['newTenant']>>
let sessionId: string

beforeAll(async () => {
  api = await startTestApi()
})
beforeEach(async () => {
  tenant = await api.newTenant()
  sessionId = await api.newSession(tenant.key)
})
afterAll(() => api.stop())

const putEvent = async (sequence: number, session = sessionId) => {
  const timestamp = Date.now()
  const id = eventIdOf(session, sequence, timestamp)
  await new Events(api.tables, tenant.scope).put({
    v: 1,
    tenantId: tenant.id,
    mode: 'test',
    id,
    type: 'message.received',
    sessionId: session,
    sequence,
    timestamp,
    data: await api.tenantKeys.seal(tenant.scope, eventDataPlace(id), { n: sequence }),
  })
}

/** A process of its own each time: nothing but Last-Event-ID goes from one to the next. */
const connect = async (path: string, lastEventId?: string) => {
  const sources: StreamSource[] = []
  const handlers = makeStreamHandlers(
    { tables: api.tables, tenantKeys: api.tenantKeys },
    (begun) => void sources.push(begun),
  )
  const event: ProxyEvent = {
    httpMethod: 'GET',
    path,
    headers: {
      Authorization: `Bearer ${tenant.key}`,
      ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
    },
    multiValueQueryStringParameters: null,
    body: null,
    isBase64Encoded: false,
    requestContext: { requestId: 'gateway', identity: { sourceIp: '203.0.113.7' } },
  }
  const answer = await makeApi('api-stream', handlers, api.dependencies)(event)
  return { answer, next: async () => parse((await sources[0]?.next(Date.now())) ?? '') }
}

interface Seen {
  readonly id: string | null
  readonly type: string
  readonly sequence: number | null
}
const parse = (text: string): Seen[] =>
  text
    .split('\n\n')
    .filter((block) => block.includes('data: '))
    .map((block) => {
      const data = JSON.parse(/^data: (.*)$/m.exec(block)![1]!)
      return { id: /^id: (.*)$/m.exec(block)?.[1] ?? null, type: data.type, sequence: data.sequence }
    })
const sequences = (seen: readonly Seen[]) => seen.map((event) => event.sequence)

describe('stream of a session', () => {
  const path = () => `/v1/sessions/${sessionId}/stream`

  it('starts at now, then brings every event in order', async () => {
    await putEvent(1)
    await putEvent(2)
    const client = await connect(path())
    expect(client.answer).toMatchObject({ statusCode: 200, headers: { 'Content-Type': 'text/event-stream' } })
    await putEvent(3)
    await putEvent(4)
    expect(sequences(await client.next())).toEqual([3, 4])
    expect(await client.next()).toEqual([])
  })

  it('client and process killed anywhere: no event is missed after resume, and none comes before its turn', async () => {
    const seen: number[] = []
    let lastId = '0'
    let written = 0
    for (let round = 0; round < 6; round++) {
      const client = await connect(path(), lastId)
      for (let i = 0; i <= round; i++) await putEvent(++written)
      const got = await client.next()
      // The connection breaks after some of what was sent.
      for (const event of got.slice(0, Math.max(1, got.length - 1))) {
        seen.push(event.sequence!)
        lastId = event.id!
      }
    }
    const rest = await (await connect(path(), lastId)).next()
    expect([...seen, ...sequences(rest)]).toEqual(Array.from({ length: written }, (_, index) => index + 1))
  })

  it('does not run past a gap: the late event comes first', async () => {
    const client = await connect(path(), '0')
    await putEvent(1)
    await putEvent(3)
    expect(sequences(await client.next())).toEqual([1])
    await putEvent(2)
    expect(sequences(await client.next())).toEqual([2, 3])
  })

  it('a reader that starts while a gap is open gets the late event', async () => {
    for (const sequence of [1, 2, 4]) await putEvent(sequence)
    const client = await connect(path())
    await putEvent(3)
    expect(sequences(await client.next())).toEqual([3, 4])
  })

  it('refuses a Last-Event-ID that is none, a session of somebody else, a request without key', async () => {
    expect((await connect(path(), 'x')).answer.statusCode).toBe(400)
    sessionId = await api.newSession((await api.newTenant()).key)
    expect((await connect(path())).answer.statusCode).toBe(404)
    expect((await api.call(null, 'GET', path())).status).toBe(401)
  })
})

describe('stream of a tenant', () => {
  it('goes on where Last-Event-ID says, over all sessions', async () => {
    const client = await connect('/v1/stream')
    const other = await api.newSession(tenant.key)
    await putEvent(1)
    await putEvent(1, other)
    const first = (await client.next()).filter((event) => event.sequence !== null)
    expect(first).toHaveLength(2)
    const lastId = first.at(-1)!.id!
    await putEvent(2)
    await putEvent(2, other)
    const resumed = (await (await connect('/v1/stream', lastId)).next()).filter((event) => event.sequence !== null)
    expect(sequences(resumed)).toEqual([2, 2])
    expect((await connect('/v1/stream', 'AAAA')).answer.statusCode).toBe(400)
  })
})

it('speaks at least every 15 seconds and ends by itself', async () => {
  let now = 0
  const written: [number, string][] = []
  await follow({
    source: { pollMs: 1000, next: async () => '' },
    write: (text) => void written.push([now, text]),
    isGone: () => false,
    wait: async (milliseconds) => {
      now += milliseconds
    },
    now: () => now,
    endsAt: 60_000,
  })
  expect(written.map(([at]) => at)).toEqual([HEARTBEAT_MS, 2 * HEARTBEAT_MS, 3 * HEARTBEAT_MS])
  expect(now).toBe(60_000)
})
