import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventIdOf } from '../../shared/core/ids.ts'
import { makeControlEvent } from '../../shared/events/control-events.ts'
import { makeApi } from '../../shared/http/api.ts'
import type { ProxyEvent } from '../../shared/http/gateway.ts'
import { Events } from '../../shared/store/events.ts'
import { eventDataPlace } from '../../shared/store/places.ts'
import { Sessions } from '../../shared/store/sessions.ts'
import { transact } from '../../shared/store/table.ts'
import { startTestApi, type TestApi } from '../testing/test-api.ts'
import { follow, HEARTBEAT_MS, LONGEST_MS, RENEW_MS } from './follow.ts'
import { makeStreamHandlers } from './handlers.ts'
import type { OpenStream } from './open-stream.ts'

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

const putEvent = async (sequence: number, session = sessionId, type = 'message.received', data?: unknown) => {
  const timestamp = Date.now()
  const id = eventIdOf(session, sequence, timestamp)
  await new Events(api.tables, tenant.scope).put({
    v: 1,
    tenantId: tenant.id,
    mode: 'test',
    id,
    type,
    sessionId: session,
    sequence,
    timestamp,
    data: await api.tenantKeys.seal(tenant.scope, eventDataPlace(id), data ?? { n: sequence }),
  })
}

/** A process of its own each time: nothing but Last-Event-ID goes from one to the next. */
const connect = async (path: string, lastEventId?: string, ticket?: string) => {
  const opened: OpenStream[] = []
  const handlers = makeStreamHandlers(
    { tables: api.tables, tenantKeys: api.tenantKeys },
    (begun) => void opened.push(begun),
  )
  const event: ProxyEvent = {
    httpMethod: 'GET',
    path,
    headers: {
      ...(ticket === undefined ? { Authorization: `Bearer ${tenant.key}` } : {}),
      ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
    },
    multiValueQueryStringParameters: ticket === undefined ? null : { ticket: [ticket] },
    body: null,
    isBase64Encoded: false,
    requestContext: { requestId: 'gateway', identity: { sourceIp: '203.0.113.7' } },
  }
  const answer = await makeApi('api-stream', handlers, api.dependencies)(event)
  return {
    answer,
    stream: opened[0],
    next: async () => parse((await opened[0]?.source.next(Date.now())) ?? ''),
  }
}

interface Seen {
  readonly id: string | null
  readonly type: string
  readonly sequence: number | null
  // biome-ignore lint/suspicious/noExplicitAny: the data of any event
  readonly data: any
}
const parse = (text: string): Seen[] =>
  text
    .split('\n\n')
    .filter((block) => block.includes('data: '))
    .map((block) => {
      const data = JSON.parse(/^data: (.*)$/m.exec(block)![1]!)
      return { id: /^id: (.*)$/m.exec(block)?.[1] ?? null, type: data.type, sequence: data.sequence, data: data.data }
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
    expect(first.every(({ id }) => id !== null)).toBe(true)
    // The connection broke after the first of the two: the second comes again, the first does not.
    const middle = (await (await connect('/v1/stream', first[0]!.id!)).next()).filter(
      (event) => event.sequence !== null,
    )
    expect(middle.map(({ data, sequence }) => [data, sequence])).toEqual([[first[1]!.data, 1]])
    const lastId = first.at(-1)!.id!
    await putEvent(2)
    await putEvent(2, other)
    const resumed = (await (await connect('/v1/stream', lastId)).next()).filter((event) => event.sequence !== null)
    expect(sequences(resumed)).toEqual([2, 2])
    expect((await connect('/v1/stream', 'AAAA')).answer.statusCode).toBe(400)
  })

  it('brings a control-plane event that commits late, also to a client that was cut off behind a younger one', async () => {
    const client = await connect('/v1/stream')
    const late = await makeControlEvent(api.tenantKeys, tenant.scope, {
      type: 'endpoint.failing',
      sessionId: null,
      data: {},
      now: Date.now() - 60_000,
    })
    const other = await api.newSession(tenant.key)
    const [younger] = await client.next()
    expect(younger).toMatchObject({ type: 'session.created', data: { session: { id: other } } })
    await transact(api.tables.client, [new Events(api.tables, tenant.scope).controlLeg(late)])
    expect(await client.next()).toMatchObject([{ type: 'endpoint.failing' }])
    const resumed = await connect('/v1/stream', younger!.id!)
    expect(await resumed.next()).toMatchObject([{ type: 'endpoint.failing' }])
    expect(await resumed.next()).toEqual([])
  })
})

describe('QR in the stream of a session', () => {
  const path = () => `/v1/sessions/${sessionId}/stream`
  const expiresAt = Date.now() + 60_000
  const show = (attempt: number, qr: string) =>
    new Sessions(api.tables, tenant.scope).putLinkSight(sessionId, {
      qr,
      code: null,
      attempt,
      expiresAt: expiresAt + attempt,
    })
  const tell = (sequence: number, attempt: number) =>
    putEvent(sequence, sessionId, 'session.qr', {
      session: {},
      link: { method: 'qr', attempt, expiresAt: new Date(expiresAt + attempt).toISOString() },
    })
  const qrs = (seen: readonly Seen[]) => seen.map(({ id, data }) => [id, data.qr ?? null])

  it('comes once, with its event and the QR itself', async () => {
    const client = await connect(path())
    expect(await client.next()).toEqual([])
    await show(1, 'qr-one')
    await tell(1, 1)
    expect(qrs(await client.next())).toEqual([['1', 'qr-one']])
    expect(await client.next()).toEqual([])
    await show(2, 'qr-two')
    await tell(2, 2)
    expect(qrs(await client.next())).toEqual([['2', 'qr-two']])
  })

  it('an event that is faster than its QR waits for it, not for ever', async () => {
    const client = await connect(path(), '0')
    await tell(1, 1)
    expect(await client.next()).toEqual([])
    await show(1, 'qr-one')
    expect(qrs(await client.next())).toEqual([['1', 'qr-one']])
    await tell(2, 2)
    await putEvent(3)
    expect([await client.next(), await client.next()]).toEqual([[], []])
    expect(sequences(await client.next())).toEqual([2, 3])
  })

  it('who connects while one is on show gets it at once', async () => {
    await show(1, 'qr-one')
    await tell(1, 1)
    expect(qrs(await (await connect(path())).next())).toEqual([[null, 'qr-one']])
    expect(qrs(await (await connect(path(), '0')).next())).toEqual([['1', 'qr-one']])
  })
})

describe('tickets', () => {
  const ticketFor = async (body?: unknown) => (await api.call(tenant.key, 'POST', '/v1/stream-tickets', { body })).body

  it('opens one stream, once, instead of a key', async () => {
    const { ticket, expiresAt } = await ticketFor()
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(60_000)
    const answers = await Promise.all([1, 2, 3].map(() => connect('/v1/stream', undefined, ticket)))
    expect(answers.map(({ answer }) => answer.statusCode).sort()).toEqual([200, 401, 401])
  })

  it('of a session opens that session only; of an older time none; of a revoked key none', async () => {
    const other = await api.newSession(tenant.key)
    const own = await ticketFor({ sessionId })
    expect((await connect(`/v1/sessions/${other}/stream`, undefined, own.ticket)).answer.statusCode).toBe(404)
    const fitting = await ticketFor({ sessionId })
    expect((await connect(`/v1/sessions/${sessionId}/stream`, undefined, fitting.ticket)).answer.statusCode).toBe(200)
    expect((await connect('/v1/stream', undefined, 'tkt_unknown')).answer.statusCode).toBe(401)
    const old = await ticketFor()
    api.time.offsetMs += 61_000
    expect((await connect('/v1/stream', undefined, old.ticket)).answer.statusCode).toBe(401)
    const late = await ticketFor()
    await api.call(tenant.key, 'DELETE', `/v1/keys/${tenant.keyId}`)
    api.time.offsetMs += 31_000
    expect((await connect('/v1/stream', undefined, late.ticket)).answer.statusCode).toBe(401)
  })

  it('is taken by streams only', async () => {
    const { ticket } = await ticketFor()
    expect((await api.call(null, 'GET', `/v1/events?ticket=${ticket}`)).status).toBe(401)
  })
})

describe('limit of streams', () => {
  it('as many as the plan says; one that ends makes room, one whose process died after a minute and a half', async () => {
    const open = []
    for (let i = 0; i < 20; i++) open.push(await connect('/v1/stream'))
    const refused = await connect('/v1/stream')
    expect([refused.answer.statusCode, JSON.parse(refused.answer.body).code]).toEqual([429, 'quota_exceeded'])
    expect((await api.call(tenant.key, 'GET', '/v1/limits')).body.streams).toEqual({ limit: 20, used: 20 })
    await open[0]!.stream!.end()
    expect((await connect('/v1/stream')).answer.statusCode).toBe(200)
    expect((await connect('/v1/stream')).answer.statusCode).toBe(429)
    api.time.offsetMs += 91_000
    expect((await connect('/v1/stream')).answer.statusCode).toBe(200)
  })

  it('a stream ends when its key is revoked', async () => {
    const { stream } = await connect('/v1/stream')
    expect(await stream!.renew(Date.now())).toBe(true)
    await api.call(tenant.key, 'DELETE', `/v1/keys/${tenant.keyId}`)
    expect(await stream!.renew(Date.now())).toBe(false)
  })
})

it('ends after 14 minutes, and at once when it may not go on', async () => {
  const run = async (mayGoOn: (now: number) => boolean) => {
    let now = 0
    await follow({
      source: { pollMs: 1000, next: async () => '' },
      renew: async (at) => mayGoOn(at),
      write: () => undefined,
      isGone: () => false,
      wait: async (milliseconds) => {
        now += milliseconds
      },
      now: () => now,
      endsAt: LONGEST_MS,
    })
    return now
  }
  expect(await run(() => true)).toBe(14 * 60_000)
  expect(await run((at) => at < 3 * RENEW_MS)).toBe(3 * RENEW_MS)
})

it('speaks at least every 15 seconds and ends by itself', async () => {
  let now = 0
  const written: [number, string][] = []
  await follow({
    source: { pollMs: 1000, next: async () => '' },
    renew: async () => true,
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
