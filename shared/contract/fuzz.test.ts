import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { startTestApi, type TestAnswer, type TestApi } from '../../lambdas/testing/test-api.ts'
import { type Fixture, inboxOf, startFixture } from '../../simulator/testing/fixture.ts'
import { until } from '../../simulator/testing/until.ts'
import { FAULTS } from '../core/fault.ts'
import { newId } from '../core/ids.ts'
import type { TenantScope } from '../core/tenant-scope.ts'
import { isAudited } from '../http/audit-request.ts'
import { Contacts } from '../store/contacts.ts'
import { Messages } from '../store/messages.ts'
import { Sessions } from '../store/sessions.ts'
import type { Operation } from './operation.ts'
import { faultsOf } from './operation-faults.ts'
import { operations } from './operations.ts'
import { hostile, mutated, valuesOf } from './testing/arbitrary.ts'
import { whyNothingBefore } from './testing/nothing-before.ts'
import { type Ids, NOT_REACHED, sampleBodies } from './testing/sample-bodies.ts'
import { makeSampleDelivery } from './testing/sample-delivery.ts'

/**
 * Generated and mutated requests for every operation of the contract. Whatever comes in, the answer is one of the
 * declared successes with the declared body, or problem+json with a code that the operation lists; never a 5xx, never a
 * word of our insides.
 */
const ALL = Object.entries(operations as Record<string, Operation>)
const RUNS = Number(process.env.FUZZ_RUNS ?? 40)
/** The simulated WhatsApp has no phone of these sessions: its refusals are declared answers of the test helpers. */
const EXPECTED_5XX = new Set(['simulator_refused'])
/** They need a session that waits for a phone; all others one that is connected. */
const LINKING = new Set(['linkSession', 'getLink', 'getQr', 'testScan'])
const PHONE = '+5511900000001'
const CONTACT = '+5511988887777'
const SHA256 = /^[0-9a-f]{64}$/
const INSIDES =
  /\.ts\b|node_modules|at Object|dynamo|ConditionalCheck|ValidationException|undefined is not|Cannot read/i

let api: TestApi
let fixture: Fixture
const tally = { requests: 0, succeeded: 0, refused: 0, serverErrors: 0 }
const codes = new Map<string, number>()
const reached = new Map<string, number>()

beforeAll(async () => {
  fixture = await startFixture()
  api = await startTestApi({ controlUrl: fixture.simulator.controlUrl })
})
afterAll(async () => {
  await api.stop()
  await fixture.stop()
  const statuses = [...codes].map(([code, count]) => `${code} ${count}`).join(', ')
  const never = ALL.map(([name]) => name).filter((name) => !reached.get(name))
  const share = ((100 * tally.succeeded) / tally.requests).toFixed(1)
  process.stdout.write(
    `fuzz: ${tally.requests} requests to ${ALL.length} operations, ${share} % reached success, 5xx: ${tally.serverErrors}; never reached: ${never.join(', ') || 'none'}; ${statuses}\n`,
  )
})

/** An inbound message: nobody marks what the session sent itself as read. */
const receivedCopyOf = async (scope: TenantScope, messageId: string): Promise<string> => {
  const messages = new Messages(api.tables, scope)
  const id = newId('msg')
  await messages.putInbound({
    ...(await messages.get(messageId))!,
    id,
    direction: 'inbound',
    status: 'received',
    openKey: null,
  })
  return id
}

/** A tenant with one of everything, made anew for every operation: some of them destroy what they name. */
const makeWorld = async (name: string) => {
  const tenant = await api.newTenant()
  const post = async (path: string, body: unknown) => (await api.call(tenant.key, 'POST', path, { body })).body.id
  const sessionId = await api.newSession(tenant.key)
  await api.setSession(tenant.scope, sessionId, 'connected')
  const endpointId = await post('/v1/webhook-endpoints', { url: 'https://example.com/hook' })
  const { eventId } = api.published.find((event) => event.sessionId === sessionId)!
  const messageId = await post('/v1/messages', { sessionId, to: CONTACT, type: 'text', text: { body: 'x' } })
  // Two that want the same may run at once; there is one fleet for all.
  await api.call(api.adminKey, 'POST', '/v1/admin/rollouts', { body: { mode: 'test' } })
  const ids: Ids = {
    // Some operations destroy what they name: it is not the tenant whose key is used.
    tenantId: (await api.newTenant()).id,
    ownTenantId: tenant.id,
    keyId: await post('/v1/keys', { name: 'k', scopes: ['messages:send'] }),
    sessionId,
    messageId: name === 'markMessageRead' ? await receivedCopyOf(tenant.scope, messageId) : messageId,
    endpointId,
    eventId,
    deliveryId: await makeSampleDelivery(api.tables, tenant.scope, endpointId, eventId),
    replayId: await post(`/v1/webhook-endpoints/${endpointId}/replays`, sampleBodies.createWebhookReplay!({})),
    phone: CONTACT,
    operationId: await post(`/v1/sessions/${sessionId}/contacts/lookup`, { addresses: ['+5511988887777'] }),
    contactId: (await new Contacts(api.tables, tenant.scope, sessionId).meet({ phone: '+5511988887777', lid: null }, 1))
      .contactId,
    groupId: '120363012345678901@g.us',
    inviteCode: 'AbCdEfGhIjKl',
    mediaId: await post('/v1/media', sampleBodies.createMedia!({})),
    mode: 'test',
    workerId: (await api.giveToWorker(tenant.scope, sessionId)).id,
  }
  // The simulated phone of the session, so that the helpers of test mode find somebody.
  const control = fixture.control.in(tenant.id)
  await control.call('POST', '/phones', { phone: PHONE, name: 'Fuzz' })
  if (name === 'testRead') {
    const { whatsappId } = (await new Messages(api.tables, tenant.scope).get(messageId))!
    const client = await fixture.linkedClient(control, PHONE)
    await client.socket.sendMessage(`${CONTACT.slice(1)}@s.whatsapp.net`, { text: 'x' }, { messageId: whatsappId })
    await until('the contact has it', async () =>
      (await inboxOf(control, CONTACT)).some((item) => item.whatsappId === whatsappId),
    )
  }
  if (LINKING.has(name)) {
    const sessions = new Sessions(api.tables, tenant.scope)
    await api.setSession(tenant.scope, sessionId, 'linking', null)
    await sessions.putLinkSight(sessionId, {
      // A QR that a device really shows: the phone can scan it.
      qr: name === 'testScan' ? await fixture.client().connect().qr() : 'a,b,c,d',
      code: null,
      attempt: 1,
      expiresAt: Date.now() + 86_400_000,
    })
  }
  return { key: tenant.key, ids }
}

/** Ids of what exists, mostly: a random id ends in a 404 before anything interesting happens. */
const withIds = (value: unknown, ids: Ids): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value).map(([name, field]) => [
          name,
          ids[name] && typeof field === 'string' ? ids[name] : field,
        ]),
      )
    : value

const seldom = <T>(values: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 10, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: values })

const requestsOf = (operation: Operation, ids: Ids) => {
  const values = operation.body ? valuesOf(operation.body) : fc.constant(undefined)
  const query = operation.query ? valuesOf(operation.query) : fc.constant({})
  return fc.record({
    body: fc.oneof(
      { weight: 5, arbitrary: values.map((value) => withIds(value, ids)) },
      { weight: 3, arbitrary: mutated(values).map((value) => withIds(value, ids)) },
      // Ids of bodies as somebody makes them up: such a text must not end where only ids are expected.
      { weight: 1, arbitrary: mutated(values) },
      { weight: 1, arbitrary: hostile },
    ),
    truncateAt: seldom(fc.nat({ max: 200 })),
    query: fc.oneof(
      { weight: 4, arbitrary: fc.constant({}) },
      { weight: 3, arbitrary: query },
      { weight: 1, arbitrary: mutated(query) },
    ),
    hostileId: seldom(hostile),
    idempotencyKey: seldom(fc.string({ minLength: 1, maxLength: 20 })),
  })
}

type FuzzRequest = ReturnType<typeof requestsOf> extends fc.Arbitrary<infer Value> ? Value : never

const sendSample = (name: string, operation: Operation, { key, ids }: { key: string; ids: Ids }) =>
  api.call(
    operation.auth === 'admin' ? api.adminKey : key,
    operation.method,
    operation.path.replace(/\{(\w+)\}/g, (_, parameter: string) => {
      if (!ids[parameter]) throw new Error(`makeWorld of this test makes nothing for {${parameter}} of ${name}`)
      return encodeURIComponent(ids[parameter])
    }),
    { body: sampleBodies[name]?.(ids) },
  )

const auditOf = async (operation: Operation, key: string, answer: TestAnswer) => {
  const isPlatform = operation.auth === 'admin'
  const path = `/v1/${isPlatform ? 'admin/' : ''}audit-log?limit=20`
  const { body } = await api.call(isPlatform ? api.adminKey : key, 'GET', path)
  return body.data.find(({ requestId }: { requestId: string }) => requestId === answer.headers['X-Request-Id'])
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

const send = (operation: Operation, key: string, ids: Ids, request: FuzzRequest) => {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(asText(request.hostileId ?? ids[name] ?? newId('ses')).toWellFormed() || 'x'),
  )
  const search = new URLSearchParams()
  if (request.query !== null && typeof request.query === 'object')
    for (const [name, value] of Object.entries(request.query))
      if (value !== undefined) search.append(name, asText(value))
  const text = request.body === undefined ? undefined : (JSON.stringify(request.body) ?? '')
  const sent = request.truncateAt === null ? text : text?.slice(0, request.truncateAt)
  api.time.offsetMs += 50
  return api.call(
    operation.auth === 'admin' ? api.adminKey : key,
    operation.method,
    `${path}${search.size ? `?${search}` : ''}`,
    {
      ...(sent === undefined || operation.body === undefined ? {} : { text: sent }),
      ...(request.idempotencyKey === null ? {} : { headers: { 'Idempotency-Key': request.idempotencyKey } }),
    },
  )
}

const check = (name: string, operation: Operation, answer: TestAnswer): void => {
  tally.requests++
  expect(answer.headers['X-Request-Id']).toMatch(/^req_/)
  if (answer.status < 400) {
    tally.succeeded++
    reached.set(name, (reached.get(name) ?? 0) + 1)
    expect(Object.keys(operation.responses).map(Number)).toContain(answer.status)
    const schema = operation.responses[answer.status] as z.ZodType | null
    const isJson = (answer.headers['Content-Type'] ?? '').includes('json')
    if (schema && isJson) expect(schema.safeParse(answer.body).error?.issues).toBeUndefined()
    return
  }
  tally.refused++
  const { code } = answer.body
  codes.set(code, (codes.get(code) ?? 0) + 1)
  if (process.env.FUZZ_SHOW === name) process.stdout.write(`${code} ${answer.body.detail}\n`)
  expect(answer.headers['Content-Type']).toBe('application/problem+json')
  expect(Object.keys(FAULTS)).toContain(code)
  // A hostile id may leave the path of the operation: the router's own refusals.
  expect([...faultsOf(operation), 'not_found', 'method_not_allowed']).toContain(code)
  if (answer.status >= 500 && !EXPECTED_5XX.has(code)) {
    tally.serverErrors++
    throw new Error(`${name}: ${answer.status} ${code}: ${api.logged.at(-1)}`)
  }
  expect(JSON.stringify({ ...answer.body, errors: undefined, detail: undefined })).not.toMatch(INSIDES)
  expect(String(answer.body.detail)).not.toMatch(/node_modules|at Object|ConditionalCheck|Cannot read/)
}

describe('any request', () => {
  it.each(ALL)(
    '%s: a declared answer, never a 5xx',
    async (name, operation) => {
      const world = await makeWorld(name)
      // First as it is meant: nothing that comes later can have destroyed what it names.
      const sample = await sendSample(name, operation, world)
      check(name, operation, sample)
      if (sample.status < 400 && isAudited(operation))
        expect(await auditOf(operation, world.key, sample), 'audit entry').toMatchObject({
          operation: name,
          outcome: 'succeeded',
          beforeDigest: whyNothingBefore(name, operation) === null ? expect.stringMatching(SHA256) : null,
          ...(sample.body ? { afterDigest: expect.stringMatching(SHA256) } : {}),
        })
      await fc.assert(
        fc.asyncProperty(requestsOf(operation, world.ids), async (request) => {
          check(name, operation, await send(operation, world.key, world.ids, request))
        }),
        { numRuns: RUNS },
      )
    },
    Math.max(60_000, RUNS * 1_000),
  )
})

it('every operation was seen to succeed: a fuzz that only meets refusals proves little', () => {
  const never = ALL.map(([name]) => name).filter((name) => !reached.get(name) && !NOT_REACHED[name])
  const advice =
    'add a valid body to sampleBodies, or state to makeWorld of this test; or, with a reason, a line to NOT_REACHED (shared/contract/testing/sample-bodies.ts)'
  expect(never, `${never.join(', ')}: ${advice}`).toEqual([])
  const needless = Object.keys(NOT_REACHED).filter((name) => reached.get(name))
  expect(needless, `${needless.join(', ')}: reached by now, take it out of NOT_REACHED`).toEqual([])
})
