import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../../shared/core/ids.ts'
import type { SessionStatus } from '../../../shared/core/session-status.ts'
import { Leases } from '../../../shared/store/leases.ts'
import { Sessions } from '../../../shared/store/sessions.ts'
import { Workers } from '../../../shared/store/workers.ts'
import { startTestApi, type TestApi } from '../../testing/test-api.ts'

let api: TestApi
let tenant: Awaited<ReturnType<TestApi['newTenant']>>
let sessionId: string

beforeAll(async () => {
  api = await startTestApi()
  tenant = await api.newTenant()
})
beforeEach(async () => {
  sessionId = await api.newSession(tenant.key)
  await api.drain(api.hintsQueueUrl)
})
afterAll(() => api.stop())

const call = (method: string, suffix = '', body?: unknown, headers: Record<string, string> = {}) =>
  api.call(tenant.key, method, `/v1/sessions/${sessionId}${suffix}`, { body, headers })
const lease = () => new Leases(api.tables, tenant.scope).get(sessionId)
const hint = () => ({ v: 1, kind: 'session', tenantId: tenant.id, mode: 'test', sessionId })
const sessions = () => new Sessions(api.tables, tenant.scope)

describe('sessions', () => {
  it('are found at their Location also below a stage, and a repeated answer knows where its own caller is', async () => {
    const headers = { 'Idempotency-Key': newId('req') }
    const create = (stage: string) =>
      api.call(tenant.key, 'POST', '/v1/sessions', { body: { name: 'Stage' }, headers, stage })
    const first = await create('/v')
    expect(first.headers.Location).toBe(`/v/v1/sessions/${first.body.id}`)
    expect((await create('')).headers.Location).toBe(`/v1/sessions/${first.body.id}`)
  })

  it('are created as documented, with a session.created event in the same transaction', async () => {
    const answer = await api.call(tenant.key, 'POST', '/v1/sessions', {
      body: { name: 'Support line', metadata: { a: 'b' } },
    })
    expect(answer.status).toBe(201)
    expect(answer.headers.Location).toBe(`/v1/sessions/${answer.body.id}`)
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^ses_/),
      tenantId: tenant.id,
      name: 'Support line',
      mode: 'test',
      status: 'created',
      reason: null,
      phone: null,
      lid: null,
      pushName: null,
      workerId: null,
      connectedAt: null,
      restriction: null,
      pacing: { policy: 'none', quietHours: null, typing: false },
      calls: { autoReject: false },
      inbound: { ignore: [] },
      proxy: null,
      readReceipts: 'manual',
      createdAt: expect.any(String),
      metadata: { a: 'b' },
    })
    const ref = api.published.find((event) => event.sessionId === answer.body.id)!
    expect(ref).toMatchObject({ type: 'session.created', sequence: null })
    const event = await api.call(tenant.key, 'GET', `/v1/events/${ref.eventId}`)
    expect(event.body).toMatchObject({ id: ref.eventId, type: 'session.created', data: { session: answer.body } })
  })

  it('one Idempotency-Key makes one session, also under concurrent requests', async () => {
    const headers = { 'Idempotency-Key': newId('req') }
    const body = { name: 'Once' }
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => api.call(tenant.key, 'POST', '/v1/sessions', { body, headers })),
    )
    expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(201))
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
    const other = await api.call(tenant.key, 'POST', '/v1/sessions', { body: { name: 'Other' }, headers })
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused'])
  })

  it('change name and metadata, nothing else', async () => {
    const answer = await call('PATCH', '', { name: 'New', metadata: { x: 'y' } })
    expect(answer.body).toMatchObject({ name: 'New', metadata: { x: 'y' }, status: 'created' })
    expect((await call('PATCH', '', { status: 'connected' })).body.errors).toEqual([
      { path: 'status', message: 'Unknown field' },
    ])
    expect((await call('PATCH', '', {})).body.name).toBe('New')
    const pacing = { policy: 'human', quietHours: { from: '22:00', to: '07:00', timeZone: 'America/Sao_Paulo' } }
    expect((await call('PATCH', '', { pacing })).body).toMatchObject({ name: 'New', pacing })
    const bad = { policy: 'fast', quietHours: { from: '25:00', to: '07:00', timeZone: 'Mars/Base' } }
    expect((await call('PATCH', '', { pacing: bad })).body.errors.map(({ path }: { path: string }) => path)).toEqual([
      'pacing.policy',
      'pacing.quietHours.from',
      'pacing.quietHours.timeZone',
    ])
    expect((await call('PATCH', '', { pacing: { policy: 'steady' } })).body.pacing.quietHours).toBeNull()
  })

  it('ignore what they are told to, nothing by default', async () => {
    const inbound = { ignore: ['statuses', 'groups', 'groups'] }
    const created = await api.call(tenant.key, 'POST', '/v1/sessions', { body: { name: 'Quiet', inbound } })
    expect(created.body.inbound).toEqual({ ignore: ['groups', 'statuses'] })
    expect((await call('PATCH', '', { inbound: { ignore: ['groups'] } })).body.inbound).toEqual({ ignore: ['groups'] })
    expect((await call('PATCH', '', { name: 'New' })).body.inbound).toEqual({ ignore: ['groups'] })
    expect((await call('PATCH', '', { inbound: { ignore: [] } })).body.inbound).toEqual({ ignore: [] })
    expect((await call('PATCH', '', { inbound: { ignore: ['people'] } })).status).toBe(400)
  })

  it('have a proxy of their own: sealed in the row, masked wherever it is shown, told to the owner', async () => {
    const url = 'http://user:s3cret%40x@proxy.example.com:3128'
    const shown = { url: 'http://***@proxy.example.com:3128' }
    const created = await api.call(tenant.key, 'POST', '/v1/sessions', { body: { name: 'Own way', proxy: { url } } })
    expect([created.status, created.body.proxy]).toEqual([201, shown])
    const id: string = created.body.id
    const row = (await sessions().get(id))!
    expect(JSON.stringify(row)).not.toContain('s3cret')
    const patch = (body: unknown) => api.call(tenant.key, 'PATCH', `/v1/sessions/${id}`, { body })
    expect((await patch({ name: 'New' })).body.proxy).toEqual(shown)
    expect((await patch({ proxy: { url } })).body.proxy).toEqual(shown)
    // The same once more is no change: it would cost a reconnect.
    expect((await sessions().get(id))?.proxy?.sealed).toBe(row.proxy?.sealed)
    const other = await patch({ proxy: { url: 'https://u:other@proxy.example.com:3128' } })
    expect(other.body.proxy).toEqual({ url: 'https://***@proxy.example.com:3128' })
    expect((await sessions().get(id))?.proxy?.sealed).not.toBe(row.proxy?.sealed)
    expect((await patch({ proxy: null })).body.proxy).toBeNull()
    expect((await api.call(tenant.key, 'GET', `/v1/sessions/${id}`)).body.proxy).toBeNull()
    const ref = api.published.find((event) => event.sessionId === id)!
    const event = await api.call(tenant.key, 'GET', `/v1/events/${ref.eventId}`)
    expect(event.body.data.session.proxy).toEqual(shown)
    expect(JSON.stringify(event.body)).not.toContain('s3cret')
  })

  it.each([
    ['ftp://u:s3cret@proxy.example.com', /is not like http/],
    ['socks5://u:s3cret@proxy.example.com:1080', /is not like http/],
    ['http://u:s3cret@127.0.0.1:3128', /private address/],
    ['http://u:s3cret@[::ffff:10.0.0.1]:3128', /private address/],
    ['http://u:s3cret@169.254.169.254', /private address/],
    ['http://u:s3cret@proxy.example.com:25', /port is not allowed/],
    ['http://u:s3cret%ff@proxy.example.com:3128', /write %25/],
    ['http://***@proxy.example.com:3128', /stands for credentials/],
    ['s3cret', /is not like http/],
  ])('refuse a proxy that may not be called, without repeating it: %s', async (url, message) => {
    const answers = [
      await api.call(tenant.key, 'POST', '/v1/sessions', { body: { name: 'x', proxy: { url } } }),
      await call('PATCH', '', { proxy: { url } }),
    ]
    for (const { status, body } of answers) {
      expect([status, body.code]).toEqual([400, 'validation_failed'])
      expect(body.errors).toEqual([{ path: 'proxy.url', message: expect.stringMatching(message) }])
      expect(JSON.stringify(body)).not.toContain('s3cret')
    }
    expect((await call('GET')).body.proxy).toBeNull()
  })

  it('are listed newest first, filtered by status, through cursors', async () => {
    const other = await api.newTenant()
    const ids = [await api.newSession(other.key), await api.newSession(other.key), await api.newSession(other.key)]
    const list = (query: string) => api.call(other.key, 'GET', `/v1/sessions?${query}`)
    const first = await list('limit=2')
    expect(first.body.data.map((session: { id: string }) => session.id)).toEqual([ids[2], ids[1]])
    const second = await list(`limit=2&cursor=${first.body.nextCursor}`)
    expect(second.body).toMatchObject({ data: [{ id: ids[0] }], nextCursor: null, hasMore: false })
    await api.setSession(other.scope, ids[0]!, 'connected')
    expect((await list('status=connected')).body.data).toMatchObject([{ id: ids[0] }])
    expect((await list(`limit=2&status=created&cursor=${first.body.nextCursor}`)).body.code).toBe('invalid_cursor')
  })

  it('name the worker that owns them', async () => {
    const worker = await api.giveToWorker(tenant.scope, sessionId)
    expect((await call('GET')).body.workerId).toBe(worker.id)
  })
})

describe('linking', () => {
  it('asks for a QR: status linking, RUNNING wanted, the reconciler hinted', async () => {
    const answer = await call('POST', '/link', { method: 'qr' })
    expect([answer.status, answer.body.status]).toEqual([202, 'linking'])
    expect(await lease()).toMatchObject({ desired: 'RUNNING', owner: null })
    expect((await sessions().get(sessionId))!.link).toMatchObject({ method: 'qr' })
    expect(await api.drain(api.hintsQueueUrl)).toEqual([hint()])
  })

  it('rings the owner when there is one, and tells it what is wanted', async () => {
    const worker = await api.giveToWorker(tenant.scope, sessionId)
    await call('POST', '/link', { method: 'code', phone: '5511999990001' })
    expect(await api.drain(worker.queueUrl)).toEqual([{ ...hint(), kind: 'desired' }])
    expect(await new Workers(api.tables).readAssigned(worker.id, 1)).toMatchObject([{ desired: 'RUNNING' }])
    expect((await sessions().get(sessionId))!.link).toMatchObject({ method: 'code', phone: '+5511999990001' })
  })

  it('the QR comes as JSON, PNG and SVG, with an ETag; 202 while it is not ready', async () => {
    await call('POST', '/link', { method: 'qr' })
    const early = await call('GET', '/qr')
    expect([early.status, early.headers['Retry-After']]).toEqual([202, '1'])
    const expiresAt = Date.now() + 20_000
    await sessions().putLinkSight(sessionId, {
      qr: 'https://wa.me/settings/linked_devices#2@abc',
      code: null,
      attempt: 1,
      expiresAt,
    })
    const json = await call('GET', '/qr')
    expect(json.body).toEqual({
      qr: 'https://wa.me/settings/linked_devices#2@abc',
      expiresAt: new Date(expiresAt).toISOString(),
      attempt: 1,
    })
    const png = await call('GET', '/qr', undefined, { Accept: 'image/png' })
    expect([png.status, png.headers['Content-Type'], png.raw.isBase64Encoded]).toEqual([200, 'image/png', true])
    expect(Buffer.from(png.raw.body, 'base64').subarray(1, 4).toString()).toBe('PNG')
    const svg = await call('GET', '/qr', undefined, { Accept: 'text/html;q=0.1, image/svg+xml' })
    expect([svg.raw.isBase64Encoded, svg.raw.body]).toEqual([false, expect.stringMatching(/^<svg/)])
    const same = await call('GET', '/qr', undefined, { Accept: 'image/png', 'If-None-Match': png.headers.ETag! })
    expect([same.status, same.raw.body]).toEqual([304, ''])
    expect((await call('GET', '/qr', undefined, { Accept: 'text/html' })).body.code).toBe('not_acceptable')
    expect((await call('GET', '/link')).body).toMatchObject({ method: 'qr', qr: json.body.qr, code: null })
  })

  it('the pairing code is at GET /link', async () => {
    await call('POST', '/link', { method: 'code', phone: '+5511999990001' })
    expect((await call('GET', '/link')).status).toBe(202)
    await sessions().putLinkSight(sessionId, { qr: null, code: 'ABCD1234', attempt: 1, expiresAt: Date.now() + 20_000 })
    expect((await call('GET', '/link')).body).toMatchObject({ method: 'code', code: 'ABCD1234', qr: null })
    expect((await call('GET', '/qr')).body.code).toBe('session_state_conflict')
  })

  it.each(['connecting', 'connected', 'reconnecting', 'restricted', 'stopped'] satisfies SessionStatus[])(
    '409 when a phone is linked (%s)',
    async (status) => {
      await api.setSession(tenant.scope, sessionId, status)
      expect((await call('POST', '/link', { method: 'qr' })).body.code).toBe('session_already_linked')
      expect((await call('GET', '/qr')).body.code).toBe('session_already_linked')
      expect((await lease())!.desired).toBe('STOPPED')
    },
  )

  it('a logged-out session can be linked again', async () => {
    await api.setSession(tenant.scope, sessionId, 'loggedOut')
    expect((await call('POST', '/link', { method: 'qr' })).body).toMatchObject({ status: 'linking', reason: null })
  })

  it('says what is wrong with the request', async () => {
    expect((await call('POST', '/link', { method: 'code', phone: '12' })).body.errors[0].path).toBe('phone')
    expect((await call('POST', '/link', { method: 'code' })).body.errors).toEqual([
      { path: 'phone', message: 'Required' },
    ])
    expect((await call('POST', '/link', { method: 'nfc' })).body.errors[0].path).toBe('method')
    expect((await call('GET', '/qr')).body.code).toBe('session_state_conflict')
  })
})

describe('start, stop, restart, logout', () => {
  it.each(['start', 'stop', 'restart', 'logout'])('409 for %s before a phone was ever linked', async (action) => {
    const answer = await call('POST', `/${action}`)
    expect([answer.status, answer.body.code]).toEqual([409, 'session_not_linked'])
    expect((await lease())!.desired).toBe('STOPPED')
  })

  it.each([
    ['start', 'RUNNING', 'desired'],
    ['stop', 'STOPPED', 'desired'],
    ['restart', 'RUNNING', 'restart'],
    ['logout', 'LOGGED_OUT', 'desired'],
  ])('%s sets desired %s on lease and assignment and rings the owner (%s)', async (action, desired, kind) => {
    await api.setSession(tenant.scope, sessionId, 'connected')
    const worker = await api.giveToWorker(tenant.scope, sessionId)
    const answer = await call('POST', `/${action}`, {})
    expect([answer.status, answer.body.status, answer.body.workerId]).toEqual([202, 'connected', worker.id])
    expect((await lease())!.desired).toBe(desired)
    expect(await new Workers(api.tables).readAssigned(worker.id, 1)).toMatchObject([{ desired }])
    expect(await api.drain(worker.queueUrl)).toEqual([{ ...hint(), kind }])
  })

  it('stop of a session that nobody has is done at once, and wakes nobody', async () => {
    await api.setSession(tenant.scope, sessionId, 'reconnecting')
    expect((await call('POST', '/stop')).body.status).toBe('stopped')
    expect((await call('GET')).body.status).toBe('stopped')
    expect(await api.drain(api.hintsQueueUrl)).toEqual([])
  })

  it('logout of a stopped session asks for an owner: somebody has to tell WhatsApp', async () => {
    await api.setSession(tenant.scope, sessionId, 'stopped')
    const worker = await api.giveToWorker(tenant.scope, sessionId)
    const leases = new Leases(api.tables, tenant.scope)
    const owned = (await leases.get(sessionId))!
    await leases.release({ sessionId, epoch: owned.epoch, owner: { workerId: worker.id, incarnation: 1 } }, true)
    await api.drain(api.hintsQueueUrl)
    expect((await call('POST', '/logout')).status).toBe(202)
    expect(await lease()).toMatchObject({ desired: 'LOGGED_OUT', settled: false })
    expect(await api.drain(api.hintsQueueUrl)).toEqual([hint()])
  })

  it('restart leaves quarantine', async () => {
    await api.setSession(tenant.scope, sessionId, 'failed')
    await new Leases(api.tables, tenant.scope).setCrashes(sessionId, 0, 5)
    expect((await call('POST', '/restart')).status).toBe(202)
    expect(await lease()).toMatchObject({ desired: 'RUNNING', crashes: 0 })
  })

  it('refuses unknown fields in an action', async () => {
    await api.setSession(tenant.scope, sessionId, 'connected')
    expect((await call('POST', '/stop', { force: true })).body.errors).toEqual([
      { path: 'force', message: 'Unknown field' },
    ])
  })
})

describe('delete', () => {
  it('makes the session unknown at once, asks the owner to settle it, and tells it in an event', async () => {
    await api.setSession(tenant.scope, sessionId, 'connected')
    const worker = await api.giveToWorker(tenant.scope, sessionId)
    expect((await call('DELETE')).status).toBe(202)
    for (const [method, suffix] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/start'],
      ['GET', '/qr'],
    ] as const)
      expect((await call(method, suffix)).status).toBe(404)
    expect((await lease())!.desired).toBe('DELETED')
    expect(await api.drain(worker.queueUrl)).toEqual([{ ...hint(), kind: 'desired' }])
    const events = api.published.filter((event) => event.sessionId === sessionId)
    expect(events.map((event) => event.type)).toEqual(['session.created', 'session.deleted'])
    const list = await api.call(tenant.key, 'GET', '/v1/sessions?limit=100')
    expect(list.body.data.map((session: { id: string }) => session.id)).not.toContain(sessionId)
    expect(await new Sessions(api.tables, tenant.scope).get(sessionId)).not.toHaveProperty('keepsDevice')
  })

  it('leaves the device linked only when that is asked for', async () => {
    expect((await call('DELETE', '?logout=no')).status).toBe(400)
    expect((await call('DELETE', '?logout=false')).status).toBe(202)
    expect(await new Sessions(api.tables, tenant.scope).get(sessionId)).toMatchObject({ keepsDevice: true })
  })

  it('happens once under concurrent requests', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => call('DELETE')))
    expect(answers.filter((answer) => answer.status === 202)).toHaveLength(1)
    const deleted = api.published.filter((event) => event.sessionId === sessionId && event.type === 'session.deleted')
    expect(deleted).toHaveLength(1)
  })
})
