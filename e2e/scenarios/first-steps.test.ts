import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, makeApi } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { type Platform, removeDataDir, startPlatform, temporaryDataDir } from '../support/platform.ts'
import { linkSession, readAllEvents, waitForStatus } from '../support/session.ts'
import { makeSimulator } from '../support/simulator.ts'

/** What a tenant does on the first day, black box over HTTP, on the whole embedded cloud. */
const dataDir = temporaryDataDir()
let platform: Platform
let admin: Api
let api: Api
let apiKey: string
let simulator: ReturnType<typeof makeSimulator>

beforeAll(async () => {
  platform = await startPlatform({ dataDir })
  admin = makeApi(platform.ready.apiUrl, platform.ready.adminKey)
  const tenant = await admin.post('/v1/tenants', { name: 'First steps' })
  const key = await admin.post(`/v1/tenants/${tenant.id}/keys`, { name: 'e2e', mode: 'test', scopes: ['*'] })
  apiKey = key.key
  api = makeApi(platform.ready.apiUrl, apiKey)
  simulator = makeSimulator(platform.ready.simulator.controlUrl, tenant.id)
})
afterAll(async () => {
  await platform?.stop()
  removeDataDir(dataDir)
})

describe('link, send, receive', () => {
  it('links by QR, sends a text that the contact decrypts, and gets receipts', async () => {
    const sessionId = await linkSession(api, '+5511900000001')
    const body = `nonce ${randomUUID()}`
    const sent = await api.post('/v1/messages', { sessionId, to: '+5511988887777', type: 'text', text: { body } })
    expect(sent.status).toBe('queued')
    await eventually('the text', async () =>
      (await simulator.inbox('+5511988887777')).some(
        (item) => item.text === body && item.whatsappId === sent.whatsappId,
      ),
    )
    await eventually('delivered', async () =>
      ['delivered', 'read'].includes((await api.get(`/v1/messages/${sent.id}`)).status),
    )
    const types = (await readAllEvents(api, sessionId)).map((event) => event.type)
    expect(types).toContain('session.connected')
    expect(types).toContain('message.sent')
  })

  it('links by pairing code', async () => {
    const session = await api.post('/v1/sessions', { name: 'by code' })
    await api.post(`/v1/sessions/${session.id}/link`, { method: 'code', phone: '+5511900000002' })
    const { code } = await eventually('a code', async () => {
      const link = await api.get(`/v1/sessions/${session.id}/link`)
      return link.code ? link : null
    })
    expect(code).toMatch(/^[0-9A-Z]{8}$/)
    await simulator.call('POST', '/phones/+5511900000002/code', { code })
    const connected = await waitForStatus(api, session.id, 'connected')
    expect(connected.phone).toBe('+5511900000002')
  })

  it('50 texts sent while the session is stopped arrive after the start, in order, exactly once', async () => {
    const sessionId = await linkSession(api, '+5511900000003')
    await api.post(`/v1/sessions/${sessionId}/stop`)
    await waitForStatus(api, sessionId, 'stopped')
    const before = (await readAllEvents(api, sessionId)).length
    const texts = Array.from({ length: 50 }, (_, i) => `while stopped ${i} ${randomUUID()}`)
    for (const text of texts) await simulator.send('+5511977776666', '+5511900000003', text)
    await api.post(`/v1/sessions/${sessionId}/start`)
    const received = await eventually('50 events', async () => {
      const events = (await readAllEvents(api, sessionId))
        .slice(before)
        .filter((event) => event.type === 'message.received')
      return events.length >= 50 ? events : null
    })
    expect(received.map((event) => event.data.message.text.body)).toEqual(texts)
    const sequences = (await readAllEvents(api, sessionId)).map((event) => event.sequence)
    expect(sequences).toEqual(sequences.map((_, index) => index + 1))
  })

  it('a message to a stopped session waits and goes out after the start', async () => {
    const sessionId = await linkSession(api, '+5511900000004')
    await api.post(`/v1/sessions/${sessionId}/stop`)
    await waitForStatus(api, sessionId, 'stopped')
    const body = `waits ${randomUUID()}`
    const sent = await api.post('/v1/messages', { sessionId, to: '+5511966665555', type: 'text', text: { body } })
    expect(sent.status).toBe('queued')
    await api.post(`/v1/sessions/${sessionId}/start`)
    await eventually('the text', async () =>
      (await simulator.inbox('+5511966665555')).some((item) => item.text === body),
    )
  })

  it('a number that is not on WhatsApp fails with a reason', async () => {
    const sessionId = await linkSession(api, '+5511900000005')
    await simulator.call('POST', '/contacts', { phone: '+5511955554444', name: 'Nobody', onWhatsApp: false })
    const sent = await api.post('/v1/messages', { sessionId, to: '+5511955554444', type: 'text', text: { body: 'x' } })
    const failed = await eventually('failed', async () => {
      const message = await api.get(`/v1/messages/${sent.id}`)
      return message.status === 'failed' ? message : null
    })
    expect(failed.failure.code).toBe('recipient_not_on_whatsapp')
  })

  it('logout unlinks the device; messages are refused then', async () => {
    const sessionId = await linkSession(api, '+5511900000006')
    await api.post(`/v1/sessions/${sessionId}/logout`)
    await waitForStatus(api, sessionId, 'loggedOut')
    expect(await simulator.devices('+5511900000006')).toEqual([])
    const refused = await api.raw('POST', '/v1/messages', {
      sessionId,
      to: '+5511988887777',
      type: 'text',
      text: { body: 'x' },
    })
    expect([refused.status, refused.body.code]).toEqual([409, 'session_not_linked'])
  })
})

describe('what is kept', () => {
  // looks into the data directory, which a deployed platform does not have
  it.skipIf(process.env.FLEETLINE_E2E_READY)(
    'shows no text, key, secret or credential in logs or tables, and no phone number in logs',
    async () => {
      const text = `secret text ${randomUUID()}`
      const phone = '+5511900000008'
      const contact = '+5511966665555'
      const endpoint = await api.post('/v1/webhook-endpoints', { url: 'http://127.0.0.1:59999/hook', events: ['*'] })
      const sessionId = await linkSession(api, phone)
      const { id } = await api.post('/v1/messages', { sessionId, to: contact, type: 'text', text: { body: text } })
      await eventually('sent', async () => (await api.get(`/v1/messages/${id}`)).status !== 'queued')
      await simulator.send(contact, phone, `reply ${text}`)
      await eventually('the reply', async () =>
        (await readAllEvents(api, sessionId)).some(({ type }) => type === 'message.received'),
      )
      const log = readFileSync(join(dataDir, 'log.txt'), 'latin1')
      const stores = ['dynamodb.db', 'dynamodb.db-wal', 's3.db', 's3.db-wal', 'executions.db', 'sqs/fauxqs.db']
        .filter((file) => existsSync(join(dataDir, file)))
        .map((file) => readFileSync(join(dataDir, file), 'latin1'))
      expect(stores.length).toBeGreaterThanOrEqual(4)
      expect(stores.some((store) => store.includes(sessionId))).toBe(true)
      expect(log).toContain(sessionId)
      for (const secret of [text, apiKey, platform.ready.adminKey, endpoint.secret, 'noiseKey', 'advSecretKey'])
        for (const place of [log, ...stores]) expect(place.includes(secret), secret).toBe(false)
      for (const number of [phone, contact]) expect(log.includes(number.slice(1)), number).toBe(false)
    },
  )
})

describe('bad input has a clear answer', () => {
  it.each<[string, () => Promise<{ status: number; body: any }>, number, string]>([
    ['no key', () => makeApi(platform.ready.apiUrl, null).raw('GET', '/v1/sessions'), 401, 'unauthorized'],
    [
      'wrong key',
      () => makeApi(platform.ready.apiUrl, 'flk_test_wrong').raw('GET', '/v1/sessions'),
      401,
      'unauthorized',
    ],
    ['unknown id', () => api.raw('GET', '/v1/sessions/ses_01JD000000000000000000000A'), 404, 'not_found'],
    ['unknown route', () => api.raw('GET', '/v1/nothing'), 404, 'not_found'],
    ['malformed JSON', () => api.raw('POST', '/v1/sessions', '{"name":'), 400, 'malformed_json'],
    ['unknown field', () => api.raw('POST', '/v1/sessions', { name: 'x', colour: 'red' }), 400, 'validation_failed'],
    [
      'oversized body',
      () => api.raw('POST', '/v1/sessions', { name: 'x'.repeat(1_100_000) }),
      413,
      'payload_too_large',
    ],
    [
      'live key without --live',
      () => makeApi(platform.ready.apiUrl, platform.ready.liveKey).raw('GET', '/v1/sessions'),
      503,
      'live_mode_disabled',
    ],
  ])('%s', async (_, call, status, code) => {
    const answer = await call()
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(answer.body.detail).toBeTruthy()
    expect(answer.body.requestId).toMatch(/^req_/)
    expect(JSON.stringify(answer.body)).not.toMatch(/at .*\.(ts|mjs|js):\d+/)
  })

  it('bad phone number, unlinked session', async () => {
    const session = await api.post('/v1/sessions', { name: 'never linked' })
    const unlinked = await api.raw('POST', '/v1/messages', {
      sessionId: session.id,
      to: '+5511988887777',
      type: 'text',
      text: { body: 'x' },
    })
    expect([unlinked.status, unlinked.body.code]).toEqual([409, 'session_not_linked'])
    const linked = await linkSession(api, '+5511900000007')
    const bad = await api.raw('POST', '/v1/messages', {
      sessionId: linked,
      to: '12',
      type: 'text',
      text: { body: 'x' },
    })
    expect([bad.status, bad.body.code, bad.body.errors[0].path]).toEqual([400, 'validation_failed', 'to'])
  })
})
