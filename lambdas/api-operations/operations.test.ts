import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operations } from '../../shared/contract/operations.ts'
import { newId } from '../../shared/core/ids.ts'
import { isOperationKind, OPERATION_KINDS } from '../../shared/core/operation-kinds.ts'
import { makeJpeg } from '../../shared/core/testing/make-jpeg.ts'
import { openInput, sealResult } from '../../shared/crypto/operation-answers.ts'
import { OperationRows } from '../../shared/store/operation-rows.ts'
import type { OperationRow } from '../../shared/store/rows/operation.ts'
import { startTestApi, type TestApi } from '../testing/test-api.ts'

let api: TestApi
let tenant: Awaited<ReturnType<TestApi['newTenant']>>
let rows: OperationRows
let sessionId: string
let queueUrl: string
const body = { addresses: ['+5511988887777'] }

beforeAll(async () => {
  api = await startTestApi()
  tenant = await api.newTenant()
  rows = new OperationRows(api.tables, tenant.scope)
  sessionId = await api.newSession(tenant.key)
  await api.setSession(tenant.scope, sessionId, 'connected')
  queueUrl = (await api.giveToWorker(tenant.scope, sessionId)).queueUrl
})
afterAll(() => api.stop())

const lookup = (headers: Record<string, string> = {}, more: object = body) =>
  api.call(tenant.key, 'POST', `/v1/sessions/${sessionId}/contacts/lookup`, { body: more, headers })
const get = (id: string, key = tenant.key) => api.call(key, 'GET', `/v1/operations/${id}`)

/** Does the worker's part for the next pending operation. */
const answerNext = async (end: { failure: OperationRow['failure'] } | { result: unknown }): Promise<OperationRow> => {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; ) {
    const { rows: open } = await rows.listOpen(sessionId, { limit: 100 })
    for (const { operationId } of open) {
      const claim = await rows.claim(operationId, { epoch: 1, claimToken: 'w', now: Date.now() })
      if (claim.outcome !== 'claimed') continue
      const isDone = 'result' in end
      await rows.end(claim.row, {
        status: isDone ? 'succeeded' : 'failed',
        result: isDone ? await sealResult(api.tenantKeys, tenant.scope, operationId, end.result) : null,
        failure: isDone ? null : end.failure,
        at: Date.now(),
      })
      return claim.row
    }
  }
  throw new Error('no operation came')
}

describe('a command', () => {
  it('that is not answered in time is a 202 with its operation; it rings the worker and can be asked for', async () => {
    await api.drain(queueUrl)
    const answer = await lookup()
    expect(answer).toMatchObject({ status: 202, body: { kind: 'lookupContacts', status: 'pending', result: null } })
    expect(answer.headers).toMatchObject({ Location: `/v1/operations/${answer.body.id}`, 'Retry-After': '2' })
    expect(answer.headers['Preference-Applied']).toBeUndefined()
    expect(await api.drain(queueUrl)).toMatchObject([{ kind: 'operations', sessionId }])
    const row = (await rows.get(answer.body.id))!
    expect(await openInput(api.tenantKeys, tenant.scope, row.id, row.input)).toEqual({
      addresses: [{ input: '+5511988887777', target: { phone: '+5511988887777', lid: null, group: null } }],
    })
    expect(JSON.stringify(row)).not.toContain('5511988887777')
    await answerNext({ result: { data: [] } })
    expect((await get(answer.body.id)).body).toMatchObject({ status: 'succeeded', result: { data: [] }, failure: null })
  })

  it('that is answered while the caller waits is a 200 with the answer', async () => {
    const [answer] = await Promise.all([lookup({ Prefer: 'wait=10' }), answerNext({ result: { data: [] } })])
    expect(answer).toMatchObject({ status: 200, body: { data: [] } })
    expect(answer.headers['Preference-Applied']).toBe('wait=10')
  })

  it('that fails while the caller waits is the problem it failed with, and a failed operation', async () => {
    const failure = { code: 'whatsapp_timeout', message: 'WhatsApp did not answer.', retryable: true }
    const [answer, row] = await Promise.all([lookup({ Prefer: 'wait=10' }), answerNext({ failure })])
    expect(answer).toMatchObject({ status: 504, body: { code: 'whatsapp_timeout', retryable: true } })
    expect((await get(row.id)).body).toMatchObject({ status: 'failed', failure })
  })

  it('with an Idempotency-Key is made once, and answers again; another request with the key is refused', async () => {
    const headers = { 'Idempotency-Key': 'look-1' }
    const first = await lookup(headers)
    const again = await lookup(headers)
    expect(again.body.id).toBe(first.body.id)
    await answerNext({ result: { data: [] } })
    await api.setSession(tenant.scope, sessionId, 'loggedOut')
    expect(await lookup(headers)).toMatchObject({ status: 200, body: { data: [] } })
    await api.setSession(tenant.scope, sessionId, 'connected')
    const other = await lookup(headers, { addresses: ['+5511977776666'] })
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } })
  })

  it('expires when nobody began it in its time, and says so', async () => {
    const { body: made } = await lookup()
    const row = (await rows.get(made.id))!
    await api.tables.messages.update(
      { pk: `${tenant.scope.prefix}OP#${row.id}`, sk: 'META' },
      { expression: 'SET #expiresAt = :at', values: { ':at': Date.now() - 1 } },
    )
    expect((await get(row.id)).body).toMatchObject({ status: 'expired', failure: { code: 'operation_expired' } })
    expect((await rows.listOpen(sessionId, { limit: 100 })).rows.map(({ operationId }) => operationId)).not.toContain(
      row.id,
    )
  })
})

it.each([
  ['created', 'session_not_linked'],
  ['loggedOut', 'session_not_linked'],
  ['stopped', 'session_state_conflict'],
  ['failed', 'session_state_conflict'],
] as const)('a session that is %s refuses commands with %s, and nothing is written', async (status, code) => {
  await api.setSession(tenant.scope, sessionId, status)
  expect(await lookup()).toMatchObject({ status: 409, body: { code } })
  expect((await rows.listOpen(sessionId, { limit: 100 })).rows).toEqual([])
  await api.setSession(tenant.scope, sessionId, 'connected')
})

it.each([
  ['lookupContacts', 'POST', 'contacts/lookup', { addresses: ['12'] }, 'addresses.0'],
  ['lookupContacts', 'POST', 'contacts/lookup', { addresses: ['120363012345678901@g.us'] }, 'addresses.0'],
  ['lookupContacts', 'POST', 'contacts/lookup', { addresses: [] }, 'addresses'],
  ['createGroup', 'POST', 'groups', { subject: 'x'.repeat(101), participants: ['+5511988887777'] }, 'subject'],
  ['createGroup', 'POST', 'groups', { subject: 'x', participants: ['+5511988887777', 'con_nobody'] }, 'participants.1'],
  ['updateGroup', 'PATCH', 'groups/120363012345678901@g.us', {}, ''],
  ['updateGroup', 'PATCH', 'groups/120363012345678901@g.us', { disappearingSeconds: 5 }, 'disappearingSeconds'],
  ['getGroup', 'GET', 'groups/not-a-group', undefined, 'groupId'],
  ['joinGroup', 'POST', 'groups/join', { invite: 'https://example.com/abc' }, 'invite'],
  ['setProfilePicture', 'PUT', 'profile/picture', { imageBase64: 'R0lGODlh' }, 'imageBase64'],
  ['sendPresence', 'POST', 'presence', { state: 'composing' }, 'chat'],
  ['subscribePresence', 'POST', 'presence/subscribe', { chat: '120363012345678901@g.us' }, 'chat'],
] as const)('%s: %s %s with %j is refused at %s, and nothing is written', async (_, method, path, more, at) => {
  const answer = await api.call(tenant.key, method, `/v1/sessions/${sessionId}/${path}`, { body: more })
  expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } })
  expect(answer.body.errors[0].path).toBe(at)
  expect((await rows.listOpen(sessionId, { limit: 100 })).rows).toEqual([])
})

it('a picture may be made of a file; what cannot be one is refused before anything is written', async () => {
  const upload = async (mimetype: string) =>
    (await api.call(tenant.key, 'POST', '/v1/media', { body: { mimetype, sizeBytes: 1_000 } })).body.id as string
  const set = (body: object) => api.call(tenant.key, 'PUT', `/v1/sessions/${sessionId}/profile/picture`, { body })
  const refused = async (body: object) => (await set(body)).body.code
  expect(await refused({ mediaId: newId('med') })).toBe('media_not_found')
  expect(await refused({ mediaId: 'x' })).toBe('media_not_found')
  expect(await refused({ mediaId: await upload('video/mp4') })).toBe('media_type_mismatch')
  expect(await refused({})).toBe('validation_failed')
  const gone = await upload('image/png')
  await api.call(tenant.key, 'DELETE', `/v1/media/${gone}`)
  expect(await refused({ mediaId: gone })).toBe('media_expired')
  const other = await api.newTenant()
  const theirs = await api.call(other.key, 'POST', '/v1/media', { body: { mimetype: 'image/png', sizeBytes: 9 } })
  expect(await refused({ mediaId: theirs.body.id })).toBe('media_not_found')
  expect((await rows.listOpen(sessionId, { limit: 100 })).rows).toEqual([])

  const mediaId = await upload('image/webp')
  expect(await refused({ mediaId, imageBase64: makeJpeg(640, 640).toString('base64') })).toBe('validation_failed')
  const answer = await set({ mediaId })
  expect(answer.status).toBe(202)
  const row = (await rows.get(answer.body.id))!
  expect(await openInput(api.tenantKeys, tenant.scope, row.id, row.input)).toEqual({ mediaId })
  await answerNext({ result: {} })
})

it('a picture of the largest size that is taken fits on its row', async () => {
  const noise = randomBytes(200 * 1_024 - 64)
  const imageBase64 = Buffer.concat([makeJpeg(1_280, 1_280), noise]).toString('base64')
  const answer = await api.call(tenant.key, 'PUT', `/v1/sessions/${sessionId}/profile/picture`, {
    body: { imageBase64 },
  })
  expect(answer.status).toBe(202)
  const row = (await rows.get(answer.body.id))!
  expect(await openInput(api.tenantKeys, tenant.scope, row.id, row.input)).toEqual({ imageBase64 })
  expect(JSON.stringify(row).length).toBeLessThan(400_000)
  await answerNext({ result: {} })
})

it('an answer is shown to keys that may ask the question only', async () => {
  const { body: made } = await lookup()
  const keyWith = async (scopes: readonly string[], more: object = {}) =>
    (await api.call(tenant.key, 'POST', '/v1/keys', { body: { name: 'k', scopes, ...more } })).body.key
  expect((await get(made.id, await keyWith(['contacts:read']))).status).toBe(200)
  expect((await get(made.id, await keyWith(['groups:read', 'messages:read']))).status).toBe(404)
  const elsewhere = await api.newSession(tenant.key)
  expect((await get(made.id, await keyWith(['*'], { sessionId: elsewhere }))).status).toBe(404)
  await answerNext({ result: { data: [] } })
})

it('every kind of command is an operation of the API, and every operation that may wait is a kind', () => {
  const waiting = Object.entries(operations)
    .filter(([, { responses, function: name }]) => name === 'api-operations' && 202 in responses)
    .map(([name]) => name)
  expect(waiting.sort()).toEqual(Object.keys(OPERATION_KINDS).sort())
  expect(isOperationKind('toString')).toBe(false)
})
