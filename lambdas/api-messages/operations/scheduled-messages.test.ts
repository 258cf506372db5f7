import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../../shared/core/ids.ts'
import { dayOf } from '../../../shared/store/keys.ts'
import { Messages } from '../../../shared/store/messages.ts'
import { UsageRows } from '../../../shared/store/usage.ts'
import { type MessagingTenant, startMessagingTenant } from '../../testing/messaging-tenant.ts'

let api: MessagingTenant['api']
let tenant: MessagingTenant['tenant']
let newSession: MessagingTenant['newSession']
let sessionId: string
let messages: Messages
const HOUR = 3_600_000

beforeAll(async () => {
  ;({ api, tenant, newSession } = await startMessagingTenant())
  messages = new Messages(api.tables, tenant.scope)
})
beforeEach(async () => {
  sessionId = await newSession()
})
afterAll(() => api.stop())

const inHours = (hours: number) => new Date(Date.now() + api.time.offsetMs + hours * HOUR).toISOString()
/** The same moment as people in São Paulo write it. */
const inSaoPaulo = (moment: string) => new Date(Date.parse(moment) - 3 * HOUR).toISOString().replace('Z', '-03:00')
const send = (more: Record<string, unknown>, idempotencyKey?: string) =>
  api.call(tenant.key, 'POST', '/v1/messages', {
    body: { sessionId, to: '+5511988887777', type: 'text', text: { body: 'Hello' }, ...more },
    headers: idempotencyKey ? { 'Idempotency-Key': idempotencyKey } : {},
  })
const cancel = (id: string) => api.call(tenant.key, 'POST', `/v1/messages/${id}/cancel`)
const open = async () => (await messages.listOpen(sessionId, { limit: 100 })).rows
const canceledEvents = () => api.published.filter((ref) => ref.type === 'message.canceled')

describe('POST /v1/messages with sendAt and expiresAt', () => {
  it('is scheduled until then, in UTC, and does not stand before what is sent at once', async () => {
    const sendAt = inHours(33 * 24)
    const later = await send({ sendAt: inSaoPaulo(sendAt) })
    const now = await send({})
    expect(later.status).toBe(202)
    expect(later.body).toMatchObject({
      status: 'scheduled',
      sendAt,
      expiresAt: new Date(Date.parse(sendAt) + 24 * HOUR).toISOString(),
    })
    expect(now.body).toMatchObject({ status: 'queued', sendAt: null })
    expect((await open()).map(({ messageId, notBefore }) => [messageId, notBefore])).toEqual([
      [now.body.id, Date.parse(now.body.createdAt)],
      [later.body.id, Date.parse(sendAt)],
    ])
  })

  it('the end is the one that was asked for', async () => {
    const expiresAt = inHours(2)
    expect((await send({ sendAt: inHours(1), expiresAt })).body.expiresAt).toBe(expiresAt)
    expect((await open())[0]?.expiresAt).toBe(Date.parse(expiresAt))
  })

  it.each([
    [{ sendAt: 'tomorrow' }, 'sendAt', 'Not an ISO 8601 time'],
    [{ sendAt: '2026-12-24T18:00:00' }, 'sendAt', 'Not an ISO 8601 time'],
    [{ sendAt: '2026-02-30T10:00:00Z' }, 'sendAt', 'Not an ISO 8601 time'],
    [{ sendAt: '2020-01-01T00:00:00Z' }, 'sendAt', 'past'],
    [{ sendAt: '2099-01-01T00:00:00Z' }, 'sendAt', '90 days'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt', 'past'],
  ])('400 for %j, nothing written', async (times, path, message) => {
    const answer = await send(times)
    expect([answer.status, answer.body.code]).toEqual([400, 'validation_failed'])
    expect(answer.body.errors).toEqual([{ path, message: expect.stringContaining(message) }])
    expect(await open()).toEqual([])
  })

  it('a repeated request gets its message back also when its times are past by then', async () => {
    const key = newId('req')
    const times = { sendAt: inHours(1), expiresAt: inHours(2) }
    const first = await send(times, key)
    api.time.offsetMs += 5 * HOUR
    const again = await send(times, key)
    expect([again.status, again.body.id]).toEqual([202, first.body.id])
    const other = await send({ ...times, sendAt: new Date(Date.parse(times.sendAt) + 1).toISOString() }, key)
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused'])
    expect((await send(times, newId('req'))).status).toBe(400)
  })

  it('the same moment with another offset is the same request', async () => {
    const key = newId('req')
    const sendAt = inHours(40)
    const first = await send({ sendAt }, key)
    const again = await send({ sendAt: inSaoPaulo(sendAt) }, key)
    expect([again.status, again.body.id]).toEqual([202, first.body.id])
  })
})

describe('POST /v1/messages/{id}/cancel', () => {
  /** Of this session, as usage counts it. */
  const countedCancels = async (): Promise<number> => {
    const days = await new UsageRows(api.tables, tenant.scope).day(dayOf(Date.now() + api.time.offsetMs))
    return days
      .filter((row) => row.sessionId === sessionId)
      .reduce((sum, { counters }) => sum + (counters['messages.outbound.text.canceled'] ?? 0), 0)
  }

  it('tells one event, with the message as it is now, and is counted once', async () => {
    const { id } = (await send({ sendAt: inHours(1) })).body
    const [before, countedBefore] = [canceledEvents().length, await countedCancels()]
    for (let i = 0; i < 2; i++) expect((await cancel(id)).body.status).toBe('canceled')
    const told = canceledEvents().slice(before)
    expect(told).toHaveLength(1)
    expect(await countedCancels()).toBe(countedBefore + 1)
    const event = await api.call(tenant.key, 'GET', `/v1/events/${told[0]!.eventId}`)
    expect(event.body).toMatchObject({
      type: 'message.canceled',
      sessionId,
      sequence: null,
      data: { message: { id, status: 'canceled', text: { body: 'Hello' } } },
    })
    expect(await open()).toEqual([])
  })

  it('and a claim at the same moment: exactly one wins, and only a canceled message is told so and counted', async () => {
    for (let round = 0; round < 30; round++) {
      api.time.offsetMs += 100
      const { id } = (await send(round % 2 ? { sendAt: inHours(1) } : {})).body
      const [before, countedBefore] = [canceledEvents().length, await countedCancels()]
      const claimSoon = async () => {
        for (let turn = 0; turn < round; turn++) await new Promise(setImmediate)
        return messages.claim(id, { epoch: 1, claimToken: `worker ${round}` })
      }
      const [answer, claim] = await Promise.all([cancel(id), claimSoon()])
      const row = await messages.get(id)
      const isCanceled = answer.status === 200
      expect([answer.status, claim.outcome, row?.status]).toEqual(
        isCanceled ? [200, 'lost', 'canceled'] : [409, 'claimed', 'sending'],
      )
      expect(canceledEvents().length - before).toBe(isCanceled ? 1 : 0)
      expect((await countedCancels()) - countedBefore).toBe(isCanceled ? 1 : 0)
    }
  })
})
