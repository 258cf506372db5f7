import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestCloud, type TestCloud } from '../../local/cloud/testing/cloud.ts'
import { makeKMSClient } from '../../shared/aws/kms.ts'
import { eventIdOf, newId } from '../../shared/core/ids.ts'
import { TenantScope } from '../../shared/core/tenant-scope.ts'
import { TenantKeys } from '../../shared/crypto/tenant-keys.ts'
import { makeGuardedAgent } from '../../shared/egress/guarded-agent.ts'
import { parseEgressRules } from '../../shared/egress/url-rules.ts'
import type { DeliveryHint } from '../../shared/events/queue-envelopes.ts'
import { Deliveries } from '../../shared/store/deliveries.ts'
import { Endpoints } from '../../shared/store/endpoints.ts'
import { type EventRef, Events, refOf } from '../../shared/store/events.ts'
import { endpointSecretPlace, eventDataPlace } from '../../shared/store/places.ts'
import { transact } from '../../shared/store/table.ts'
import { openTables, type Tables } from '../../shared/store/tables.ts'
import { postWebhook } from '../../shared/webhooks/post-webhook.ts'
import { republishUnfannedEvents } from '../sweeper/operations/republish-unfanned-events.ts'
import { requeueDueDeliveries } from '../sweeper/operations/requeue-due-deliveries.ts'
import { fanOutEvent } from '../webhook-fanout/fan-out-event.ts'
import { deliver } from './deliver.ts'

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`
let cloud: TestCloud
let tables: Tables
let tenantKeys: TenantKeys
let server: Server
let url: string
let received: Received[]
let answer: (respond: { status: number; headers?: Record<string, string> }) => void
let reply: { status: number; headers?: Record<string, string> }
let scope: TenantScope
let rung: DeliveryHint[]
let now: number
const agent = makeGuardedAgent(parseEgressRules({ cidrs: '127.0.0.0/8', http: 'true' }))
const closedAgent = makeGuardedAgent(parseEgressRules({ cidrs: null, http: 'true' }))

beforeAll(async () => {
  cloud = await startTestCloud()
  cloud.apply()
  tables = openTables()
  tenantKeys = new TenantKeys({ kms: makeKMSClient(), core: tables.core, kmsKeyId: 'alias/fleetline' })
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
      response.writeHead(reply.status, reply.headers).end('thanks')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
})
afterAll(async () => {
  await Promise.all([agent.close(), closedAgent.close()])
  server.close()
  tables.client.destroy()
  await cloud.stop()
})
beforeEach(() => {
  received = []
  rung = []
  now = Date.now()
  answer = (value) => {
    reply = value
  }
  answer({ status: 200 })
  scope = TenantScope.fromVerified('systemRow', { tenantId: newId('ten'), mode: 'test' })
})

const endpoint = async (overrides: { url?: string; status?: 'active' | 'paused'; events?: string[] } = {}) => {
  const id = newId('whk')
  await transact(tables.client, [
    new Endpoints(tables, scope).createLeg({
      v: 1,
      tenantId: scope.tenantId,
      mode: 'test',
      id,
      url: overrides.url ?? url,
      events: overrides.events ?? ['message.*'],
      description: '',
      status: overrides.status ?? 'active',
      statusReason: null,
      secrets: [
        { sealed: await tenantKeys.seal(scope, endpointSecretPlace(id), SECRET), createdAt: now, expiresAt: null },
      ],
      createdAt: now,
    }),
  ])
  return id
}

const writeEvent = async (type = 'message.received', sequence = 1): Promise<EventRef> => {
  const sessionId = newId('ses')
  const id = eventIdOf(sessionId, sequence, now)
  const row = {
    v: 1 as const,
    tenantId: scope.tenantId,
    mode: 'test' as const,
    id,
    type,
    sessionId,
    sequence,
    timestamp: now,
    data: await tenantKeys.seal(scope, eventDataPlace(id), { message: { text: { body: 'Olá ✓' } } }),
  }
  await new Events(tables, scope).put(row)
  return refOf(row)
}

const enqueue = async (hints: readonly DeliveryHint[]) => void rung.push(...hints)
const fanOut = (ref: EventRef) => fanOutEvent({ tables, tenantKeys, enqueue, now: () => now }, scope, ref)
const deliverNow = (hint: DeliveryHint, dispatcher = agent) =>
  deliver(
    {
      tables,
      tenantKeys,
      post: (input) => postWebhook({ ...input, dispatcher }),
      enqueue: async (again) => ('kind' in again ? undefined : enqueue([again])),
      publish: async () => undefined,
      count: async () => undefined,
      now: () => now,
      random: () => 0.5,
    },
    scope,
    hint,
  )
const ledger = async (endpointId: string) => (await new Deliveries(tables, scope).list(endpointId, { limit: 10 })).items

describe('event → fan-out → deliver', () => {
  it('the receiver gets the event object with a signature that the reference library verifies', async () => {
    const endpointId = await endpoint()
    const ref = await writeEvent()
    await fanOut(ref)
    expect((await deliverNow(rung[0]!)).outcome).toBe('delivered')
    const [got] = received
    expect(() => new Webhook(SECRET).verify(got!.body, got!.headers as Record<string, string>)).not.toThrow()
    expect(got!.headers['webhook-id']).toBe(ref.eventId)
    expect(JSON.parse(got!.body)).toMatchObject({
      id: ref.eventId,
      type: 'message.received',
      sequence: 1,
      sessionId: ref.sessionId,
      tenantId: scope.tenantId,
      data: { message: { text: { body: 'Olá ✓' } } },
    })
    expect(await ledger(endpointId)).toMatchObject([{ status: 'delivered', attempts: 1, nextAttemptAt: null }])
  })

  it('only endpoints that asked for the type get it', async () => {
    await endpoint({ events: ['session.connected'] })
    await fanOut(await writeEvent())
    expect(rung).toEqual([])
  })

  it('the same event fanned out twice is one delivery, and two rings are one POST', async () => {
    await endpoint()
    const ref = await writeEvent()
    await fanOut(ref)
    await fanOut(ref)
    expect(new Set(rung.map((hint) => hint.eventId)).size).toBe(1)
    const outcomes = await Promise.all(rung.map((hint) => deliverNow(hint)))
    expect(outcomes.map((report) => report.outcome).sort()).toEqual(['delivered', 'notOurs'])
    expect(received).toHaveLength(1)
  })

  it('a failing receiver is tried again under the same webhook-id, and the ledger says why', async () => {
    const endpointId = await endpoint()
    const ref = await writeEvent()
    await fanOut(ref)
    answer({ status: 500 })
    expect((await deliverNow(rung.shift()!)).outcome).toBe('retrying')
    expect(await ledger(endpointId)).toMatchObject([{ status: 'retrying', lastError: 'http_status', lastStatus: 500 }])
    expect((await deliverNow(rung[0]!)).outcome).toBe('notOurs')
    now += 60_000
    answer({ status: 204 })
    expect((await deliverNow(rung[0]!)).outcome).toBe('delivered')
    expect(received.map((item) => item.headers['webhook-id'])).toEqual([ref.eventId, ref.eventId])
    const [row] = await ledger(endpointId)
    expect(await new Deliveries(tables, scope).listAttempts(row!)).toMatchObject([
      { number: 1, httpStatus: 500 },
      { number: 2, httpStatus: 204 },
    ])
  })

  it('redirects are failures and are not followed', async () => {
    await endpoint()
    await fanOut(await writeEvent())
    answer({ status: 302, headers: { location: 'http://169.254.169.254/latest/meta-data' } })
    expect((await deliverNow(rung[0]!)).outcome).toBe('retrying')
    expect(received).toHaveLength(1)
  })

  it('410 disables the endpoint; later events are held, not dropped', async () => {
    const endpointId = await endpoint()
    await fanOut(await writeEvent())
    answer({ status: 410 })
    expect((await deliverNow(rung.shift()!)).outcome).toBe('held')
    expect((await new Endpoints(tables, scope).get(endpointId))!.status).toBe('disabled')
    await fanOut(await writeEvent())
    expect(rung).toEqual([])
    expect((await ledger(endpointId)).map((row) => row.status)).toEqual(['held', 'held'])
  })

  it('a private address is never called; the attempt says blocked_address without naming it', async () => {
    const endpointId = await endpoint({ url: url.replace('127.0.0.1', 'localhost') })
    await fanOut(await writeEvent())
    expect((await deliverNow(rung[0]!, closedAgent)).outcome).toBe('retrying')
    expect(received).toEqual([])
    const [row] = await ledger(endpointId)
    expect(row!.lastError).toBe('blocked_address')
    expect(JSON.stringify(await new Deliveries(tables, scope).listAttempts(row!))).not.toContain('127.0.0.1')
  })

  it('a lambda that dies after the POST leads to one more POST after its claim, with the same id', async () => {
    await endpoint()
    const ref = await writeEvent()
    await fanOut(ref)
    await expect(
      deliver(
        {
          tables,
          tenantKeys,
          post: async (input) => {
            await postWebhook({ ...input, dispatcher: agent })
            throw new Error('killed')
          },
          enqueue: async (again) => ('kind' in again ? undefined : enqueue([again])),
          publish: async () => undefined,
          count: async () => undefined,
          now: () => now,
          random: () => 0.5,
        },
        scope,
        rung[0]!,
      ),
    ).rejects.toThrow('killed')
    expect((await deliverNow(rung[0]!)).outcome).toBe('notOurs')
    now += 46_000
    rung = []
    expect(await requeueDueDeliveries(tables, enqueue, now)).toBeGreaterThanOrEqual(1)
    const mine = rung.find((hint) => hint.eventId === ref.eventId)!
    expect((await deliverNow(mine)).outcome).toBe('delivered')
    expect(received.map((item) => item.headers['webhook-id'])).toEqual([ref.eventId, ref.eventId])
  })

  it('an event whose publication was lost is published again by the sweeper', async () => {
    const ref = await writeEvent()
    const published: EventRef[] = []
    const sink = {
      publish: async (refs: readonly EventRef[]) => {
        published.push(...refs)
        return []
      },
    }
    await republishUnfannedEvents(tables, sink, now + 10_000)
    expect(published.some((item) => item.eventId === ref.eventId)).toBe(false)
    await republishUnfannedEvents(tables, sink, now + 31_000)
    expect(published.filter((item) => item.eventId === ref.eventId)).toEqual([ref])
    await fanOut(ref)
    published.length = 0
    await republishUnfannedEvents(tables, sink, now + 31_000)
    expect(published.some((item) => item.eventId === ref.eventId)).toBe(false)
  })
})
