import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { newId } from '../../../shared/core/ids.ts'
import type { SessionStatus } from '../../../shared/core/session-status.ts'
import { Leases } from '../../../shared/store/leases.ts'
import { Messages } from '../../../shared/store/messages.ts'
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
  await api.setSession(tenant.scope, sessionId, 'connected')
  await new Leases(api.tables, tenant.scope).setDesired(sessionId, 'RUNNING')
})
afterAll(() => api.stop())

const textTo = (to: unknown, body = 'Hello') => ({
  sessionId,
  to,
  type: 'text',
  text: { body },
  metadata: { order: '1' },
})
const send = (body: unknown, idempotencyKey?: string) =>
  api.call(tenant.key, 'POST', '/v1/messages', {
    body,
    headers: idempotencyKey ? { 'Idempotency-Key': idempotencyKey } : {},
  })
const openIds = async () =>
  (await new Messages(api.tables, tenant.scope).listOpen(sessionId, { limit: 100 })).rows.map((row) => row.messageId)

describe('POST /v1/messages: 202', () => {
  it('answers with the message as documented, and GET finds it at once', async () => {
    const answer = await send(textTo('+5511988887777'))
    expect(answer.status).toBe(202)
    expect(answer.headers.Location).toBe(`/v1/messages/${answer.body.id}`)
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^msg_/),
      sessionId,
      mode: 'test',
      direction: 'outbound',
      status: 'queued',
      type: 'text',
      text: { body: 'Hello' },
      chat: answer.body.to,
      from: { contactId: null, phone: '+5511900000001', lid: null, jid: null, kind: 'user' },
      to: { contactId: expect.stringMatching(/^con_/), phone: '+5511988887777', lid: null, jid: null, kind: 'user' },
      whatsappId: expect.stringMatching(/^3EB0[0-9A-F]{18}$/),
      failure: null,
      createdAt: expect.any(String),
      sendAt: null,
      expiresAt: expect.any(String),
      notBefore: null,
      sentAt: null,
      deliveredAt: null,
      readAt: null,
      receivedAt: null,
      editedAt: null,
      deletedAt: null,
      metadata: { order: '1' },
    })
    expect(Date.parse(answer.body.expiresAt) - Date.parse(answer.body.createdAt)).toBe(24 * 3600_000)
    expect((await api.call(tenant.key, 'GET', answer.headers.Location!)).body).toEqual(answer.body)
    expect(await openIds()).toEqual([answer.body.id])
  })

  it.each([
    { type: 'location', location: { latitude: -23.5, longitude: -0, name: null } },
    { type: 'contacts', contacts: [{ name: 'Ana Souza', phones: ['+5511977776666'] }] },
    { type: 'text', text: { body: 'Hello @5511977776666' }, mentions: ['+5511977776666'], forwarded: true },
  ])('the answer shows of a $type what is sealed on the row, no more and no less', async (part) => {
    const answer = await send({ sessionId, to: '+5511988887777', ...part }, newId('req'))
    expect(answer.status).toBe(202)
    expect((await api.call(tenant.key, 'GET', answer.headers.Location!)).body).toEqual(answer.body)
  })

  it('is sent again without an answer, unless `retry: atMostOnce` forbids it', async () => {
    const messages = new Messages(api.tables, tenant.scope)
    const retryOf = async (body: object) => (await messages.get((await send(body)).body.id))?.retry
    expect(await retryOf(textTo('+5511988887777'))).toBe('standard')
    expect(await retryOf({ ...textTo('+5511988887777'), retry: 'atMostOnce' })).toBe('atMostOnce')
    expect((await send({ ...textTo('+5511988887777'), retry: 'twice' })).body.errors[0].path).toBe('retry')
  })

  it('the text lies encrypted in the table', async () => {
    const answer = await send(textTo('+5511988887777', 'a very secret text'))
    const row = await new Messages(api.tables, tenant.scope).get(answer.body.id)
    expect(JSON.stringify(row)).not.toContain('secret')
  })

  it.each(['connecting', 'reconnecting', 'restricted', 'stopped', 'failed'] satisfies SessionStatus[])(
    'is accepted and waits while the session is %s',
    async (status) => {
      await api.setSession(tenant.scope, sessionId, status)
      expect((await send(textTo('+5511988887777'))).status).toBe(202)
    },
  )

  it('rings the queue of the owner', async () => {
    const worker = await api.giveToWorker(tenant.scope, sessionId)
    await send(textTo('+5511988887777'))
    expect(await api.drain(worker.queueUrl)).toEqual([
      { v: 1, kind: 'messages', tenantId: tenant.id, mode: 'test', sessionId },
    ])
  })

  it('hints the reconciler when a running session has no owner', async () => {
    await api.drain(api.hintsQueueUrl)
    await send(textTo('+5511988887777'))
    expect(await api.drain(api.hintsQueueUrl)).toEqual([
      { v: 1, kind: 'session', tenantId: tenant.id, mode: 'test', sessionId },
    ])
  })

  it('wakes nobody when the session is stopped', async () => {
    await api.setSession(tenant.scope, sessionId, 'stopped')
    await new Leases(api.tables, tenant.scope).setDesired(sessionId, 'STOPPED')
    await api.drain(api.hintsQueueUrl)
    expect((await send(textTo('+5511988887777'))).status).toBe(202)
    expect(await api.drain(api.hintsQueueUrl)).toEqual([])
  })

  it('a worker that takes the session while a message is accepted, and does not find it yet, is rung', async () => {
    let queueUrl = ''
    const accept = Messages.prototype.accept
    const spy = vi.spyOn(Messages.prototype, 'accept').mockImplementation(async function (this: Messages, ...input) {
      // As a taker does: the lease first, then OPEN.
      queueUrl = (await api.giveToWorker(tenant.scope, sessionId)).queueUrl
      expect(await openIds()).toEqual([])
      return accept.apply(this, input)
    })
    const answer = await send(textTo('+5511988887777')).finally(() => spy.mockRestore())
    expect(answer.status).toBe(202)
    expect(await api.drain(queueUrl)).toEqual([expect.objectContaining({ kind: 'messages', sessionId })])
  })

  it('a ring that fails is not an error: the rows are there', async () => {
    const owner = await api.giveToWorker(tenant.scope, sessionId)
    await api.tables.core.update(
      { pk: `${tenant.scope.prefix}S#${sessionId}`, sk: 'LEASE' },
      { expression: 'SET #queueUrl = :url', values: { ':url': `${owner.queueUrl}-gone` } },
    )
    const answer = await send(textTo('+5511988887777'))
    expect(answer.status).toBe(202)
    expect(await openIds()).toEqual([answer.body.id])
  })
})

describe('POST /v1/messages with an Idempotency-Key', () => {
  it('never makes two messages, also under 20 concurrent requests', async () => {
    const key = `order-${newId('req')}`
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(textTo('+5511988887777'), key)))
    expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(202))
    expect(new Set(answers.map((answer) => `${answer.body.id} ${answer.body.whatsappId}`)).size).toBe(1)
    expect(await openIds()).toEqual([answers[0]!.body.id])
  })

  it('gives the message as it is now, also when the session is gone from WhatsApp meanwhile', async () => {
    const key = newId('req')
    const first = await send(textTo('+5511988887777'), key)
    await new Messages(api.tables, tenant.scope).advance(first.body.id, { status: 'sent', at: Date.now() })
    await api.setSession(tenant.scope, sessionId, 'loggedOut')
    const again = await send(textTo('5511988887777'), key)
    expect(again.status).toBe(202)
    expect(again.body).toMatchObject({ id: first.body.id, status: 'sent', whatsappId: first.body.whatsappId })
    expect(again.body.sentAt).not.toBeNull()
  })

  it('rings again while the message is not settled: the first ring may be lost', async () => {
    const worker = await api.giveToWorker(tenant.scope, sessionId)
    const key = newId('req')
    await send(textTo('+5511988887777'), key)
    await send(textTo('+5511988887777'), key)
    expect(await api.drain(worker.queueUrl)).toHaveLength(2)
  })

  it('refuses another request under the same key and writes nothing', async () => {
    const key = newId('req')
    await send(textTo('+5511988887777'), key)
    const other = await send(textTo('+5511988887777', 'Something else'), key)
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused'])
    expect(await openIds()).toHaveLength(1)
  })

  it('is per tenant and mode', async () => {
    const other = await api.newTenant()
    const otherSession = await api.newSession(other.key)
    await api.setSession(other.scope, otherSession, 'connected')
    const key = newId('req')
    const mine = await send(textTo('+5511988887777'), key)
    const theirs = await api.call(other.key, 'POST', '/v1/messages', {
      body: { ...textTo('+5511988887777'), sessionId: otherSession },
      headers: { 'Idempotency-Key': key },
    })
    expect(theirs.status).toBe(202)
    expect(theirs.body.id).not.toBe(mine.body.id)
  })
})

describe('POST /v1/messages: refused, nothing written', () => {
  it.each(['created', 'linking', 'loggedOut'] satisfies SessionStatus[])(
    '409 while the session is %s',
    async (status) => {
      await api.setSession(tenant.scope, sessionId, status)
      const answer = await send(textTo('+5511988887777'), newId('req'))
      expect([answer.status, answer.body.code]).toEqual([409, 'session_not_linked'])
      expect(await openIds()).toEqual([])
    },
  )

  it('409 for a session that was stopped before it was ever linked', async () => {
    await api.setSession(tenant.scope, sessionId, 'stopped', null)
    expect((await send(textTo('+5511988887777'))).body.code).toBe('session_not_linked')
  })

  it('404 for an unknown session', async () => {
    const answer = await send({ ...textTo('+5511988887777'), sessionId: newId('ses') })
    expect([answer.status, answer.body.detail]).toEqual([404, 'No session with this id.'])
  })

  it.each(['', 'hello', '123', '+551198', '+999123456789', '5511988887777@example.com'])(
    '400 for the number %j',
    async (to) => {
      const answer = await send(textTo(to))
      expect([answer.status, answer.body.code]).toEqual([400, 'validation_failed'])
      expect(answer.body.errors).toEqual([{ path: 'to', message: expect.stringContaining('Not a valid phone number') }])
      expect(await openIds()).toEqual([])
    },
  )

  it('400 for a text that is too long or not Unicode', async () => {
    expect((await send(textTo('+5511988887777', 'x'.repeat(65_537)))).status).toBe(400)
    expect((await send(textTo('+5511988887777', 'half \ud800'))).body.errors[0].path).toBe('text.body')
  })

  it('400 for metadata beyond its limits', async () => {
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v']))
    expect((await send({ ...textTo('+5511988887777'), metadata: many })).status).toBe(400)
    expect((await send({ ...textTo('+5511988887777'), metadata: { n: 5 } })).body.errors[0].path).toBe('metadata.n')
  })
})

describe('reading and canceling messages', () => {
  it('lists newest first through signed cursors, without gaps or repeats', async () => {
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.push((await send(textTo('+5511988887777', `${i}`))).body.id)
    const seen: string[] = []
    let cursor = ''
    do {
      const page = await api.call(tenant.key, 'GET', `/v1/messages?sessionId=${sessionId}&limit=2${cursor}`)
      seen.push(...page.body.data.map((message: { id: string }) => message.id))
      cursor = page.body.nextCursor ? `&cursor=${page.body.nextCursor}` : ''
      expect(page.body.hasMore).toBe(cursor !== '')
    } while (cursor)
    expect(seen).toEqual(ids.reverse())
  })

  it('filters by status and direction', async () => {
    const { id } = (await send(textTo('+5511988887777'))).body
    await send(textTo('+5511988887777'))
    await api.call(tenant.key, 'POST', `/v1/messages/${id}/cancel`)
    const list = async (query: string) =>
      (await api.call(tenant.key, 'GET', `/v1/messages?sessionId=${sessionId}&${query}`)).body.data
    expect((await list('status=canceled')).map((message: { id: string }) => message.id)).toEqual([id])
    expect(await list('direction=inbound')).toEqual([])
    expect(await list('direction=outbound&limit=1')).toHaveLength(1)
  })

  it('cancels a queued message once and for all', async () => {
    const { id } = (await send(textTo('+5511988887777'))).body
    for (let i = 0; i < 2; i++) {
      const answer = await api.call(tenant.key, 'POST', `/v1/messages/${id}/cancel`)
      expect([answer.status, answer.body.status]).toEqual([200, 'canceled'])
    }
    expect(await openIds()).toEqual([])
  })

  it('409 when somebody has started to send it', async () => {
    const { id } = (await send(textTo('+5511988887777'))).body
    await new Messages(api.tables, tenant.scope).claim(id, { epoch: 1, claimToken: 'a' })
    const answer = await api.call(tenant.key, 'POST', `/v1/messages/${id}/cancel`)
    expect([answer.status, answer.body.code]).toEqual([409, 'message_already_sent'])
  })
})
