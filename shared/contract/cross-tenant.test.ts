import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestAnswer, type TestApi } from '../../lambdas/testing/test-api.ts'
import { Fault } from '../core/fault.ts'
import { type IdPrefix, newId } from '../core/ids.ts'
import { Contacts } from '../store/contacts.ts'
import type { Operation } from './operation.ts'
import { operations } from './operations.ts'
import { type Ids, sampleBodies } from './testing/sample-bodies.ts'
import { makeSampleDelivery } from './testing/sample-delivery.ts'

/**
 * Generated from the contract: whoever adds an operation is tested here without doing anything, or is told that a sample
 * is missing. Strangers: another tenant, the same tenant in the other mode, a key bound to another session.
 */
const ALL = Object.entries(operations as Record<string, Operation>)
const TENANT_OPERATIONS = ALL.filter(([, operation]) => operation.auth === 'tenant')
const OF_ANOTHER_RESOURCE: Readonly<Record<string, IdPrefix>> = {
  sessionId: 'ses',
  messageId: 'msg',
  keyId: 'key',
  endpointId: 'whk',
  eventId: 'evt',
  mediaId: 'med',
  deliveryId: 'dlv',
  replayId: 'rpl',
  tenantId: 'ten',
  operationId: 'op',
  contactId: 'con',
}

let api: TestApi
let owner: Awaited<ReturnType<TestApi['newTenant']>>
let stranger: Awaited<ReturnType<TestApi['newTenant']>>
let ids: Ids
let strangerIds: Ids
const strangers: Record<string, string> = {}

beforeAll(async () => {
  api = await startTestApi()
  watchReads()
  owner = await api.newTenant()
  stranger = await api.newTenant()
  ids = await makeResources(owner)
  strangerIds = await makeResources(stranger)
  const live = await api.call(api.adminKey, 'POST', `/v1/tenants/${owner.id}/keys`, {
    body: { name: 'live', mode: 'live', scopes: ['*'] },
  })
  const bound = await api.call(owner.key, 'POST', '/v1/keys', {
    body: { name: 'bound', scopes: ['*'], sessionId: await api.newSession(owner.key) },
  })
  Object.assign(strangers, {
    'another tenant': stranger.key,
    'the other mode': live.body.key,
    'a bound key': bound.body.key,
  })
})
afterAll(() => api.stop())

const makeResources = async ({ key, scope }: typeof owner): Promise<Ids> => {
  const keyId = (await api.call(key, 'POST', '/v1/keys', { body: { name: 'k', scopes: ['*'] } })).body.id
  const sessionId = await api.newSession(key)
  await api.setSession(scope, sessionId, 'connected')
  const message = await api.call(key, 'POST', '/v1/messages', { body: sampleBodies.createMessage!({ sessionId }) })
  const endpoint = await api.call(key, 'POST', '/v1/webhook-endpoints', {
    body: sampleBodies.createWebhookEndpoint!({}),
  })
  const replay = await api.call(key, 'POST', `/v1/webhook-endpoints/${endpoint.body.id}/replays`, {
    body: sampleBodies.createWebhookReplay!({}),
  })
  const operation = await api.call(key, 'POST', `/v1/sessions/${sessionId}/contacts/lookup`, {
    body: sampleBodies.lookupContacts!({}),
  })
  const contact = await new Contacts(api.tables, scope, sessionId).meet({ phone: '+5511988887777', lid: null }, 1)
  const { eventId } = api.published.find((event) => event.sessionId === sessionId)!
  const made = {
    sessionId,
    messageId: message.body.id,
    endpointId: endpoint.body.id,
    replayId: replay.body.id,
    deliveryId: await makeSampleDelivery(api.tables, scope, endpoint.body.id, eventId),
    eventId,
    mediaId: (await api.call(key, 'POST', '/v1/media', { body: sampleBodies.createMedia!({}) })).body.id,
    keyId,
    operationId: operation.body.id,
    contactId: contact.contactId,
    groupId: '120363012345678901@g.us',
    inviteCode: 'AbCdEfGhIjKl',
    phone: '+5511988887777',
  }
  expect(Object.values(made).every(Boolean)).toBe(true)
  return made
}

const unknownIds = (): Ids =>
  Object.fromEntries(
    Object.entries(ids).map(([name, id]) => [name, OF_ANOTHER_RESOURCE[name] ? newId(OF_ANOTHER_RESOURCE[name]) : id]),
  )

const fill = (path: string, from: Ids): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (!from[name]) throw new Error(`the test makes no resource for {${name}}`)
    return encodeURIComponent(from[name])
  })

const callWith = (
  key: string,
  name: string,
  operation: Operation,
  from: Ids,
  query = '',
  on: TestApi = api,
): Promise<TestAnswer> => {
  const needsBody = operation.body !== undefined && operation.body.safeParse({}).success === false
  if (needsBody && !sampleBodies[name])
    throw new Error(`add a valid body for ${name} to shared/contract/testing/sample-bodies.ts`)
  return on.call(key, operation.method, `${fill(operation.path, from)}${query}`, { body: sampleBodies[name]?.(from) })
}

const reads: string[] = []
/** Reads of the tables, in order, without those of the key and the tenant: they are cached. */
const recordReads = async <T>(work: () => Promise<T>): Promise<[T, readonly string[]]> => {
  reads.length = 0
  const result = await work()
  return [result, [...reads]]
}
const watchReads = (): void =>
  api.tables.client.middlewareStack.add(
    (next, context) => (args) => {
      const input = args.input as { TableName?: string; IndexName?: string; Key?: { pk?: unknown } }
      const isOfTheKey = /^(K#|TENANT#)/.test(String(input.Key?.pk ?? ''))
      if (/Get|Query/.test(context.commandName ?? '') && !isOfTheKey)
        reads.push(`${context.commandName} ${input.TableName} ${input.IndexName ?? ''}`)
      return next(args)
    },
    { step: 'initialize', name: 'watchReads' },
  )

const seen = ({ status, body }: TestAnswer) => ({ status, body: { ...body, requestId: null } })

describe.each(['another tenant', 'the other mode', 'a bound key'])('%s', (who) => {
  const withIds = TENANT_OPERATIONS.filter(([, operation]) => operation.path.includes('{'))
  it.each(withIds)('%s: an id of somebody else is like an unknown id', async (name, operation) => {
    const [unknown, readsOfUnknown] = await recordReads(() => callWith(strangers[who]!, name, operation, unknownIds()))
    const [theirs, readsOfTheirs] = await recordReads(() => callWith(strangers[who]!, name, operation, ids))
    expect(seen(theirs)).toEqual(seen(unknown))
    // The clock must not tell either: the same reads in the same order.
    expect(readsOfTheirs).toEqual(readsOfUnknown)
    const refusedAnyway = who === 'a bound key' && !operation.sessionKeys
    const wrongMode = who === 'the other mode' && operation.testModeOnly
    expect(theirs.status).toBe(refusedAnyway || wrongMode ? 403 : 404)
  })

  const withQueryIds = TENANT_OPERATIONS.flatMap(([name, operation]) =>
    Object.keys(operation.query?.shape ?? {})
      .filter((parameter) => OF_ANOTHER_RESOURCE[parameter])
      .map((parameter) => [name, parameter, operation] as const),
  )
  it.each(withQueryIds)('%s?%s: an id of somebody else is like an unknown id', async (name, parameter, operation) => {
    const ask = (from: Ids) => callWith(strangers[who]!, name, operation, from, `?${parameter}=${from[parameter]}`)
    const theirs = await ask(ids)
    expect(seen(theirs)).toEqual(seen(await ask(unknownIds())))
    expect(theirs.status).toBe(who === 'a bound key' && !operation.sessionKeys ? 403 : 404)
  })

  it('createMessageBatch: an item with an id of somebody else is like one with an unknown id', async () => {
    const ask = (from: Ids) => callWith(strangers[who]!, 'createMessageBatch', operations.createMessageBatch, from)
    const items = async (from: Ids) =>
      (await ask(from)).body.data.map((item: { error: object }) => ({
        ...item,
        error: { ...item.error, requestId: null },
      }))
    const theirs = await items(ids)
    expect(theirs).toEqual(await items(unknownIds()))
    expect(theirs).toMatchObject([{ status: 404, message: null, error: { code: 'not_found' } }])
  })

  it.each(['createMessage', 'createKey'] as const)('%s: an id in the body is like an unknown id', async (name) => {
    const theirs = await callWith(strangers[who]!, name, operations[name], ids)
    expect(seen(theirs)).toEqual(seen(await callWith(strangers[who]!, name, operations[name], unknownIds())))
    expect(theirs.status).toBeGreaterThanOrEqual(400)
  })
})

describe('lists, cursors, idempotency keys', () => {
  const lists = TENANT_OPERATIONS.filter(
    ([, operation]) => operation.query && 'cursor' in operation.query.shape && !operation.path.includes('{'),
  )
  it.each(lists)('%s shows nothing of another tenant or mode', async (name, operation) => {
    api.time.offsetMs += 5_000
    const mine = JSON.stringify((await api.call(owner.key, 'GET', `${operation.path}?limit=100`)).body.data)
    expect(Object.values(ids).some((id) => mine.includes(id))).toBe(true)
    for (const key of [strangers['another tenant']!, strangers['the other mode']!]) {
      const answer = await api.call(key, 'GET', `${operation.path}?limit=100`)
      expect(answer.status).toBe(200)
      const { phone: _phone, ...secret } = ids
      // A refused attempt is in the log of who made it, with the id that was tried.
      const shown = answer.body.data.filter(
        (item: { outcome?: string }) => name !== 'listAuditLog' || item.outcome !== 'refused',
      )
      for (const id of Object.values(secret)) expect(JSON.stringify(shown)).not.toContain(id)
    }
  })

  it.each(lists)('%s refuses a cursor of another tenant, mode or operation', async (name, operation) => {
    const key = owner.key
    if (name === 'listSessions') await api.newSession(key)
    if (name === 'listMessages') await callWith(key, 'createMessage', operations.createMessage, ids)
    if (name === 'listWebhookEndpoints')
      await callWith(key, 'createWebhookEndpoint', operations.createWebhookEndpoint, ids)
    const page = await api.call(key, 'GET', `${operation.path}?limit=1`)
    const cursor = page.body.nextCursor
    expect(cursor).toMatch(/^[\w-]+$/)
    expect((await api.call(key, 'GET', `${operation.path}?limit=1&cursor=${cursor}`)).status).toBe(200)
    for (const other of [strangers['another tenant']!, strangers['the other mode']!])
      expect((await api.call(other, 'GET', `${operation.path}?cursor=${cursor}`)).body.code).toBe('invalid_cursor')
    const elsewhere = lists.find(([otherName]) => otherName !== name)![1]
    expect((await api.call(key, 'GET', `${elsewhere.path}?cursor=${cursor}`)).body.code).toBe('invalid_cursor')
  })

  const creating = TENANT_OPERATIONS.filter(([, { idempotent }]) => idempotent === 'idempotencyRow')
  it.each(creating)('%s: the same Idempotency-Key of two tenants makes two things', async (name, operation) => {
    const headers = { 'Idempotency-Key': newId('req') }
    if (!sampleBodies[name]) throw new Error(`add a valid body for ${name} to shared/contract/testing/sample-bodies.ts`)
    // Without ids in the body the two requests are equal, but for what the path names.
    const body = sampleBodies[name]({ sessionId: undefined as unknown as string })
    const create = (key: string, from: Ids) =>
      api.call(key, operation.method, fill(operation.path, from), { body, headers })
    const [a, again] = [await create(owner.key, ids), await create(owner.key, ids)]
    const b = await create(stranger.key, strangerIds)
    expect([a.status, again.status, b.status]).toEqual([201, 201, 201])
    expect(again.body.id).toBe(a.body.id)
    expect(again.headers['Idempotent-Replayed']).toBe('true')
    expect(b.body.id).not.toBe(a.body.id)
    for (const secret of ['key', 'secret'].filter((field) => field in a.body)) {
      expect(a.body[secret]).toMatch(/^(flk_|whsec_)/)
      expect(again.body[secret]).toBeNull()
    }
  })
})

describe('the probe itself', () => {
  it('sees reads, but those of the key', async () => {
    api.time.offsetMs += 31_000
    const [, seenReads] = await recordReads(() => callWith(owner.key, 'getSession', operations.getSession, ids))
    expect(seenReads.length).toBeGreaterThan(0)
    const [, again] = await recordReads(() => callWith(owner.key, 'getSession', operations.getSession, ids))
    expect(again).toEqual(seenReads)
  })

  it('catches a planted leak: a handler that forgets whose session it reads', async () => {
    const seenBy = new Map<string, unknown>()
    const leaky = await startTestApi({
      replace: {
        getSession: async ({ params }: { params: { sessionId: string } }) => {
          const found = seenBy.get(params.sessionId)
          if (found) return { status: 200, body: found }
          throw new Fault('not_found', { detail: 'No session with this id.' })
        },
      },
    })
    try {
      const [mine, other] = [await leaky.newTenant(), await leaky.newTenant()]
      const sessionId = await leaky.newSession(mine.key)
      seenBy.set(sessionId, { id: sessionId, name: 'secret' })
      const probe = (from: Ids) => callWith(other.key, 'getSession', operations.getSession, from, '', leaky)
      const theirs = seen(await probe({ sessionId }))
      expect(theirs).not.toEqual(seen(await probe({ sessionId: newId('ses') })))
      expect(theirs.status).toBe(200)
    } finally {
      await leaky.stop()
    }
  })
})
