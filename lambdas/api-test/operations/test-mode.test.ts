import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../../shared/core/ids.ts'
import { Sessions } from '../../../shared/store/sessions.ts'
import { type Simulator, startSimulator } from '../../../simulator/simulator.ts'
import { startTestApi, type TestApi } from '../../testing/test-api.ts'

const PHONE = '+5511900000001'
const CONTACT = '+5511988887777'

let simulator: Simulator
let api: TestApi
let tenant: Awaited<ReturnType<TestApi['newTenant']>>
let sessionId: string

beforeAll(async () => {
  simulator = await startSimulator()
  api = await startTestApi({ controlUrl: simulator.controlUrl })
  tenant = await api.newTenant()
})
beforeEach(async () => {
  sessionId = await api.newSession(tenant.key)
})
afterAll(async () => {
  await api.stop()
  await simulator.stop()
})

const helper = (path: string, body?: unknown, key = tenant.key) =>
  api.call(key, 'POST', `/v1/test/sessions/${sessionId}/${path}`, { body })

describe('test helpers against the simulator', () => {
  it('scan: says what is missing before there is a QR', async () => {
    expect((await helper('scan', { phone: PHONE })).body).toMatchObject({ status: 409, code: 'session_state_conflict' })
    await api.call(tenant.key, 'POST', `/v1/sessions/${sessionId}/link`, { body: { method: 'qr' } })
    expect((await helper('scan', { phone: PHONE })).body.detail).toContain('wait until GET')
    await api.setSession(tenant.scope, sessionId, 'connected')
    expect((await helper('scan', { phone: PHONE })).body.code).toBe('session_already_linked')
  })

  it("scan: passes on the simulator's own words when it refuses", async () => {
    await api.call(tenant.key, 'POST', `/v1/sessions/${sessionId}/link`, { body: { method: 'qr' } })
    await new Sessions(api.tables, tenant.scope).putLinkSight(sessionId, {
      qr: 'not a QR',
      code: null,
      attempt: 1,
      expiresAt: Date.now() + 20_000,
    })
    const answer = await helper('scan', { phone: PHONE })
    expect(answer.body).toMatchObject({
      status: 502,
      code: 'simulator_refused',
      detail: expect.stringMatching(/\w{3}/),
    })
  })

  it('receive: the contact writes to the phone; what a contact got is read back', async () => {
    await api.setSession(tenant.scope, sessionId, 'connected', PHONE)
    const sent = await helper('receive', { from: CONTACT, text: 'Hi' })
    expect(sent).toMatchObject({ status: 202, body: { status: 'accepted', whatsappId: expect.any(String) } })
    const inbox = await api.call(
      tenant.key,
      'GET',
      `/v1/test/sessions/${sessionId}/contacts/${encodeURIComponent(PHONE)}/messages`,
    )
    expect(inbox.body.data).toMatchObject([{ whatsappId: sent.body.whatsappId, text: 'Hi', type: 'text' }])
  })

  it.each([
    ['image', { media: { kind: 'image', sizeBytes: 100, caption: 'Look' } }, 'imageMessage'],
    ['voice', { media: { kind: 'voice', dataBase64: 'T2dnUw==', seconds: 2 } }, 'audioMessage'],
    ['location', { location: { latitude: 1, longitude: 2 } }, 'locationMessage'],
    ['contacts', { contacts: [{ name: 'Ben', phone: '+5511966665555' }] }, 'contactMessage'],
    ['poll', { poll: { name: 'Lunch?', options: ['yes', 'no'] } }, 'pollCreationMessageV3'],
    ['timer', { disappearingSeconds: 86_400 }, 'protocolMessage'],
    ['text with mention', { text: 'Hi', mentions: ['+5511966665555'] }, 'text'],
  ])('receive: %s', async (_kind, draft, type) => {
    await api.setSession(tenant.scope, sessionId, 'connected', PHONE)
    const sent = await helper('receive', { from: CONTACT, ...draft })
    expect(sent.status).toBe(202)
    const inbox = await api.call(
      tenant.key,
      'GET',
      `/v1/test/sessions/${sessionId}/contacts/${encodeURIComponent(PHONE)}/messages`,
    )
    const found = inbox.body.data.find((item: { whatsappId: string }) => item.whatsappId === sent.body.whatsappId)
    expect(found.type).toBe(type)
  })

  it('receive: what is about a message that this session does not have is refused, and two things at once', async () => {
    await api.setSession(tenant.scope, sessionId, 'connected', PHONE)
    for (const draft of [
      { reaction: { messageId: newId('msg'), emoji: '👍' } },
      { pollVote: { messageId: newId('msg'), options: [] } },
      { text: 'x', replyTo: newId('msg') },
    ])
      expect((await helper('receive', { from: CONTACT, ...draft })).body.code).toBe('message_not_found')
    const both = { from: CONTACT, text: 'x', location: { latitude: 1, longitude: 2 } }
    expect((await helper('receive', both)).body.errors[0].message).toContain('Exactly one')
  })

  it('a contact that never got anything has an empty list', async () => {
    const answer = await api.call(tenant.key, 'GET', `/v1/test/sessions/${sessionId}/contacts/5511977776666/messages`)
    expect([answer.status, answer.body]).toEqual([200, { data: [] }])
  })

  it('another tenant has its own phones and contacts', async () => {
    await api.setSession(tenant.scope, sessionId, 'connected', PHONE)
    await helper('receive', { from: '+5511966665555', text: 'only mine' })
    const other = await api.newTenant()
    const theirs = await api.newSession(other.key)
    const answer = await api.call(
      other.key,
      'GET',
      `/v1/test/sessions/${theirs}/contacts/${encodeURIComponent(PHONE)}/messages`,
    )
    expect(answer.body.data).toEqual([])
  })

  it('phone offline and online, drop and logout reach the simulator', async () => {
    await api.setSession(tenant.scope, sessionId, 'connected', PHONE)
    await helper('receive', { from: CONTACT, text: 'makes the phone known' })
    for (const path of ['phone-offline', 'phone-online', 'drop', 'logout'])
      expect([path, (await helper(path)).status]).toEqual([path, 202])
  })

  it.each([
    ['receive', { from: '12', text: 'x' }, 'from'],
    ['receive', { from: CONTACT }, 'text'],
    ['scan', { phone: 'none' }, 'phone'],
  ])('%s with %j: 400 at %s', async (path, body, field) => {
    const answer = await helper(path, body)
    expect([answer.status, answer.body.errors[0].path]).toEqual([400, field])
  })

  it('409 for what needs a linked phone', async () => {
    expect((await helper('receive', { from: CONTACT, text: 'x' })).body.code).toBe('session_not_linked')
    expect((await helper('drop')).body.code).toBe('session_not_linked')
  })

  it('read: 404 for a message of another session', async () => {
    await api.setSession(tenant.scope, sessionId, 'connected', PHONE)
    expect((await helper('read', { contact: CONTACT, messageId: newId('msg') })).status).toBe(404)
  })
})

describe('test helpers without a simulator', () => {
  const withControlUrl = async (controlUrl: string | null) => {
    const other = await startTestApi({ controlUrl })
    try {
      const { key, scope } = await other.newTenant()
      const id = await other.newSession(key)
      await other.setSession(scope, id, 'connected', PHONE)
      return await other.call(key, 'POST', `/v1/test/sessions/${id}/receive`, { body: { from: CONTACT, text: 'x' } })
    } finally {
      await other.stop()
    }
  }

  it('501 when the server behind test mode has no control API', async () => {
    expect((await withControlUrl(null)).body).toMatchObject({ status: 501, code: 'simulator_control_unavailable' })
  })

  it('503 with Retry-After when it does not answer', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    await new Promise((resolve) => taken.close(resolve))
    const answer = await withControlUrl(`http://127.0.0.1:${port}`)
    expect(answer.body).toMatchObject({ status: 503, code: 'simulator_unreachable' })
    expect(answer.headers['Retry-After']).toBe('5')
  })
})

describe('Idempotency-Key', () => {
  it('a helper acts once: repeats get the first answer, another request with the key is refused', async () => {
    const text = newId('req')
    await api.setSession(tenant.scope, sessionId, 'connected', PHONE)
    const headers = { 'Idempotency-Key': newId('req') }
    const receive = (text: string) =>
      api.call(tenant.key, 'POST', `/v1/test/sessions/${sessionId}/receive`, { body: { from: CONTACT, text }, headers })
    const first = await receive(text)
    const second = await receive(text)
    expect([first.status, second.status]).toEqual([202, 202])
    expect(second.body).toEqual(first.body)
    expect(second.headers['Idempotent-Replayed']).toBe('true')
    expect((await receive('twice')).body.code).toBe('idempotency_key_reused')
    const path = `/v1/test/sessions/${sessionId}/contacts/${encodeURIComponent(PHONE)}/messages`
    const inbox = (await api.call(tenant.key, 'GET', path)).body.data as { text: string }[]
    expect(inbox.filter((item) => item.text === text)).toHaveLength(1)
  })

  it('a refusal does not use the key up; of concurrent requests one acts', async () => {
    const headers = { 'Idempotency-Key': newId('req') }
    const receive = () =>
      api.call(tenant.key, 'POST', `/v1/test/sessions/${sessionId}/receive`, {
        body: { from: CONTACT, text: 'x' },
        headers,
      })
    expect((await receive()).body.code).toBe('session_not_linked')
    await api.setSession(tenant.scope, sessionId, 'connected', PHONE)
    const answers = await Promise.all([receive(), receive(), receive()])
    const acted = answers.filter((answer) => answer.status === 202 && !answer.headers['Idempotent-Replayed'])
    expect(acted).toHaveLength(1)
    for (const answer of answers) if (answer.status !== 202) expect(answer.body.code).toBe('conflict')
  })
})
