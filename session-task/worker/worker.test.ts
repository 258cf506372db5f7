import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { transact } from '../../shared/store/table.ts'
import { isTombstone, parseHead } from '../auth-log/head.ts'
import { makeLogS3Client, S3LogDevice } from '../auth-log/s3-log-device.ts'
import { startTestFleet, type TestFleet, until } from '../testing/test-fleet.ts'

let fleet: TestFleet
const CONTACT = '5511988887777'
/** only the server's ack speaks for messages to this one */
const SILENT_CONTACT = '5511977776666'
let phones = 0
const newPhone = () => `55119000010${String(++phones).padStart(2, '0')}`

beforeAll(async () => {
  fleet = await startTestFleet()
  await fleet.simulator.addContact(CONTACT, { name: 'Ana' })
  await fleet.simulator.addContact(SILENT_CONTACT, { name: 'Bia', deliveryReceipts: false })
  await fleet.simulator.addContact('5511955550000', { onWhatsApp: false })
})
afterAll(async () => {
  await fleet.stop()
})

const inboxOf = async (bodies: readonly string[]) =>
  (await fleet.simulator.inbox(CONTACT)).filter(({ text }) => text !== null && bodies.includes(text))

describe('a session on a worker', () => {
  test('links by QR, sends, hears receipts, receives, and says so in events without a gap', async () => {
    const worker = await fleet.startWorker()
    const phone = newPhone()
    const sessionId = await fleet.linkSession(worker, phone)
    expect(await fleet.sessions.get(sessionId)).toMatchObject({ phone: `+${phone}`, reason: null, link: null })
    expect(await fleet.sessions.getLinkSight(sessionId, Date.now())).toBeNull()

    const sent = await fleet.accept(sessionId, CONTACT, `hello from ${phone}`)
    await fleet.untilMessage(sent.id, ['delivered', 'read'])
    expect(await inboxOf([`hello from ${phone}`])).toMatchObject([{ whatsappId: sent.whatsappId }])
    expect((await fleet.messages.listOpen(sessionId, { limit: 10 })).rows).toEqual([])

    await fleet.simulator.contactSends(CONTACT, phone, `answer to ${phone}`)
    const events = await until('the answer', async () => {
      const all = await fleet.readEvents(sessionId)
      return all.some(({ type }) => type === 'message.received') ? all : null
    })
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
    const received = events.find(({ type }) => type === 'message.received')
    expect(received?.data.message).toMatchObject({
      direction: 'inbound',
      status: 'received',
      text: { body: `answer to ${phone}` },
      from: { phone: `+${CONTACT}`, kind: 'user' },
      to: { phone: `+${phone}` },
    })
    const types = events.map(({ type }) => type)
    expect(types.filter((type) => type.startsWith('session.'))).toEqual([
      'session.qr',
      'session.linked',
      'session.connected',
    ])
    expect(JSON.stringify(events[0]?.data)).not.toContain('wa.me')
    expect(types.filter((type) => type === 'message.sent').length).toBeLessThanOrEqual(1)
    expect(types).toContain('message.delivered')
    expect(events[2]?.data.session).toMatchObject({
      id: sessionId,
      status: 'connected',
      previousStatus: 'connecting',
      phone: `+${phone}`,
      workerId: worker.id,
    })
    expect(await fleet.messages.get(received?.data.message?.id ?? '')).toMatchObject({ status: 'received', sessionId })
    for (const event of events) expect(fleet.published.map(({ eventId }) => eventId)).toContain(event.id)
  })

  test('fails a message to a number that is not on WhatsApp, and one that expired', async () => {
    const worker = await fleet.startWorker()
    const sessionId = await fleet.linkSession(worker, newPhone())
    const nobody = await fleet.accept(sessionId, '5511955550000', 'nobody')
    const late = await fleet.accept(sessionId, CONTACT, 'late', { expiresAt: Date.now() - 1 })
    expect(await fleet.untilMessage(nobody.id, ['failed'])).toMatchObject({
      failure: { code: 'recipient_not_on_whatsapp' },
    })
    expect(await fleet.untilMessage(late.id, ['failed'])).toMatchObject({ failure: { code: 'expired' } })
    expect((await fleet.messages.listOpen(sessionId, { limit: 10 })).rows).toEqual([])
  })

  test('reports what WhatsApp refused', async () => {
    const worker = await fleet.startWorker()
    const phone = newPhone()
    const sessionId = await fleet.linkSession(worker, phone)
    await fleet.simulator.fault({ kind: 'nack', phone, code: 463 })
    const refused = await fleet.accept(sessionId, CONTACT, `refused ${phone}`)
    expect(await fleet.untilMessage(refused.id, ['failed'])).toMatchObject({
      failure: { code: 'new_chat_restricted', retryable: true },
    })
  })

  test('sends what was accepted while it was stopped, in order, each once', async () => {
    const worker = await fleet.startWorker()
    const phone = newPhone()
    const sessionId = await fleet.linkSession(worker, phone)
    await fleet.setDesired(sessionId, 'STOPPED')
    await fleet.released(sessionId)
    expect(await fleet.sessions.get(sessionId)).toMatchObject({ status: 'stopped' })
    const bodies = Array.from({ length: 50 }, (_, index) => `${phone} waits ${index}`)
    const rows = []
    for (const body of bodies) rows.push(await fleet.accept(sessionId, CONTACT, body))
    await fleet.setDesired(sessionId, 'RUNNING')
    await fleet.assign(sessionId, worker)
    for (const row of rows) await fleet.untilMessage(row.id, ['sent', 'delivered', 'read'])
    const inbox = await until('all 50', async () => {
      const found = await inboxOf(bodies)
      return found.length >= 50 ? found : null
    })
    expect(inbox.map(({ text }) => text)).toEqual(bodies)
    // The row is written a moment before its event; a receipt that overtakes the ack makes `sent` unsaid.
    const told = await until('an event of each', async () => {
      const events = await fleet.readEvents(sessionId)
      const ofMessages = events.filter(({ type }) => type === 'message.sent' || type === 'message.delivered')
      return new Set(ofMessages.map(({ data }) => data.message?.id)).size === 50 ? ofMessages : null
    })
    expect(new Set(told.map(({ type, data }) => `${type} ${data.message?.id}`)).size).toBe(told.length)
  })

  test('goes on after its worker was killed: no QR, same WhatsApp ids, nothing lost, one event each', async () => {
    const first = await fleet.startWorker()
    const second = await fleet.startWorker()
    const phone = newPhone()
    const sessionId = await fleet.linkSession(first, phone)
    const bodies = Array.from({ length: 60 }, (_, index) => `${phone} survives ${index}`)
    const rows = await Promise.all(bodies.map((body) => fleet.accept(sessionId, CONTACT, body)))
    await until('some arrived', async () => (await inboxOf(bodies)).length >= 3)
    first.abandon()
    const states = await Promise.all(rows.map(({ id }) => fleet.messages.get(id)))
    // The race point: without messages in flight this test proves nothing.
    expect(states.filter((row) => row?.status === 'sending').length).toBeGreaterThan(0)
    await fleet.assign(sessionId, second)
    for (const row of rows) await fleet.untilMessage(row.id, ['sent', 'delivered', 'read'])
    const inbox = await inboxOf(bodies)
    const ids = new Map(inbox.map(({ text, whatsappId }) => [text, whatsappId]))
    expect([...ids.keys()].sort()).toEqual([...bodies].sort())
    for (const [index, row] of rows.entries()) expect(ids.get(bodies[index] ?? '')).toBe(row.whatsappId)
    expect(new Set(inbox.map(({ whatsappId }) => whatsappId)).size).toBe(rows.length)
    expect(await fleet.sessions.getLinkSight(sessionId, Date.now())).toBeNull()
    const events = await fleet.readEvents(sessionId)
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
    for (const type of ['message.sent', 'message.delivered']) {
      const told = events.filter((event) => event.type === type).map(({ data }) => data.message?.id)
      expect(new Set(told).size).toBe(told.length)
    }
    expect(await fleet.simulator.violations()).toEqual([])
  })

  test('logs out on the tenant’s word, links anew afterwards', async () => {
    const worker = await fleet.startWorker()
    const phone = newPhone()
    const sessionId = await fleet.linkSession(worker, phone)
    await fleet.setDesired(sessionId, 'LOGGED_OUT')
    await fleet.released(sessionId)
    expect(await fleet.sessions.get(sessionId)).toMatchObject({
      status: 'loggedOut',
      reason: { code: 'logged_out', nextAction: 'link' },
      loggedOutAt: expect.any(Number),
    })
    expect(await fleet.sessions.requestLink(sessionId, { method: 'qr', requestedAt: Date.now() })).not.toBeNull()
    await fleet.setDesired(sessionId, 'RUNNING')
    await fleet.assign(sessionId, worker)
    const sight = await until('a new QR', () => fleet.sessions.getLinkSight(sessionId, Date.now()))
    await fleet.simulator.scan(phone, sight.qr ?? '')
    await fleet.untilStatus(sessionId, 'connected')
    const sent = await fleet.accept(sessionId, CONTACT, `again ${phone}`)
    await fleet.untilMessage(sent.id, ['delivered', 'read'])
  })

  test('stops when WhatsApp locks the account, and asks for nobody’s connection again', async () => {
    const worker = await fleet.startWorker()
    const phone = newPhone()
    const sessionId = await fleet.linkSession(worker, phone)
    await fleet.simulator.fault({ kind: 'streamError', phone, code: 403 })
    await fleet.released(sessionId)
    expect(await fleet.sessions.get(sessionId)).toMatchObject({ status: 'failed', reason: { code: 'account_locked' } })
    expect((await fleet.leases.get(sessionId))?.desired).toBe('STOPPED')
  })

  test('a drained worker frees its sessions and asks the reconciler to place them', async () => {
    const worker = await fleet.startWorker()
    const sessionId = await fleet.linkSession(worker, newPhone())
    await worker.drain()
    expect(await fleet.leases.get(sessionId)).toMatchObject({ owner: null, settled: true, desired: 'RUNNING' })
    await until('a hint', async () => (await fleet.readHints()).some((hint) => hint.sessionId === sessionId))
    const other = await fleet.startWorker()
    await fleet.assign(sessionId, other)
    await fleet.untilStatus(sessionId, 'connected')
    const events = await until('its event', async () => {
      const told = (await fleet.readEvents(sessionId)).filter(({ type }) => type.startsWith('session.'))
      return told.filter(({ type }) => type === 'session.connected').length === 2 ? told : null
    })
    expect(events.slice(-2).map(({ type, data }) => [type, data.session?.status])).toEqual([
      ['session.moved', 'reconnecting'],
      ['session.connected', 'connected'],
    ])
  })

  test('a session that was asked to leave is handed over by its worker, which keeps the others', async () => {
    const worker = await fleet.startWorker()
    const [moving, staying] = [await fleet.linkSession(worker, newPhone()), await fleet.linkSession(worker, newPhone())]
    expect(await fleet.leases.askToLeave(moving)).toBe('asked')
    await worker.beat()
    await until('a hint', async () => (await fleet.readHints()).some((hint) => hint.sessionId === moving))
    expect(await fleet.leases.get(moving)).toMatchObject({ owner: null, settled: true, avoid: worker.id })
    expect(await fleet.leases.get(staying)).toMatchObject({ owner: { workerId: worker.id } })
    const other = await fleet.startWorker()
    await fleet.assign(moving, other)
    await fleet.untilStatus(moving, 'connected')
    expect(await fleet.leases.askToLeave(moving)).toBe('asked')
    expect(await fleet.leases.askToLeave('ses_nobody')).toBe('unowned')
  })

  const framesOf = async (phone: string, whatsappId: string) =>
    (await fleet.simulator.wire(phone)).filter(
      ({ direction, tag, attrs }) => direction === 'in' && tag === 'message' && attrs.id === whatsappId,
    )

  test('a message without an answer is sent again over a new connection, under the same id', async () => {
    const worker = await fleet.startWorker()
    const phone = newPhone()
    const sessionId = await fleet.linkSession(worker, phone)
    await fleet.simulator.fault({ kind: 'swallowAcks', phone, count: 1 })
    const sent = await fleet.accept(sessionId, SILENT_CONTACT, `unanswered ${phone}`)
    expect(await fleet.untilMessage(sent.id, ['sent'])).toMatchObject({ whatsappId: sent.whatsappId, failure: null })
    expect(await framesOf(phone, sent.whatsappId)).toHaveLength(2)
    const inbox = (await fleet.simulator.inbox(SILENT_CONTACT)).filter(({ text }) => text === `unanswered ${phone}`)
    expect(new Set(inbox.map(({ whatsappId }) => whatsappId))).toEqual(new Set([sent.whatsappId]))
  })

  test('an atMostOnce message without an answer is unknown, after one frame', async () => {
    const worker = await fleet.startWorker()
    const phone = newPhone()
    const sessionId = await fleet.linkSession(worker, phone)
    await fleet.simulator.fault({ kind: 'swallowAcks', phone, count: 1 })
    const sent = await fleet.accept(sessionId, SILENT_CONTACT, `once ${phone}`, { retry: 'atMostOnce' })
    expect(await fleet.untilMessage(sent.id, ['unknown'])).toMatchObject({ failure: { code: 'no_answer' } })
    expect(await framesOf(phone, sent.whatsappId)).toHaveLength(1)
  })

  test('what comes in around a kill is one event each', async () => {
    const first = await fleet.startWorker()
    const second = await fleet.startWorker()
    const phone = newPhone()
    const sessionId = await fleet.linkSession(first, phone)
    const bodies = Array.from({ length: 40 }, (_, index) => `${phone} comes in ${index}`)
    for (const body of bodies.slice(0, 25)) await fleet.simulator.contactSends(CONTACT, phone, body)
    first.abandon()
    const textsOf = async () =>
      (await fleet.readEvents(sessionId))
        .filter(({ type }) => type === 'message.received')
        .map(({ data }) => data.message?.text?.body ?? '')
    const before = await textsOf()
    for (const body of bodies.slice(25)) await fleet.simulator.contactSends(CONTACT, phone, body)
    await fleet.assign(sessionId, second)
    await until('all 40', async () => (await textsOf()).length >= bodies.length)
    // Same-order delivery is WhatsApp's own; ours is that none is lost and none told twice.
    expect((await textsOf()).sort()).toEqual([...bodies].sort())
    expect(before.length).toBeLessThan(bodies.length)
    expect(await fleet.simulator.violations()).toEqual([])
  })

  test('a deleted session leaves a tombstone that nobody opens', async () => {
    const worker = await fleet.startWorker()
    const sessionId = await fleet.linkSession(worker, newPhone())
    await fleet.setDesired(sessionId, 'DELETED')
    await fleet.released(sessionId)
    const client = makeLogS3Client()
    const head = await new S3LogDevice({ client, bucket: 'auth', scope: fleet.scope, sessionId }).getHead()
    client.destroy()
    expect(isTombstone(parseHead(head?.bytes ?? Buffer.alloc(0)))).toBe(true)
    await fleet.assign(sessionId, worker)
    await fleet.released(sessionId)
    expect(await fleet.sessions.get(sessionId)).toMatchObject({ status: 'loggedOut' })
  })

  test.each([
    ['is unlinked', {}, 'removed'],
    ['stays on the phone when it is to be kept', { keepsDevice: true }, 'active'],
  ])('with a deleted session its device %s', async (_, patch, status) => {
    const worker = await fleet.startWorker()
    const phone = newPhone()
    const sessionId = await fleet.linkSession(worker, phone)
    await transact(fleet.tables.client, [
      fleet.sessions.patchLeg(sessionId, 'connected', { deletedAt: Date.now(), ...patch }),
    ])
    await fleet.setDesired(sessionId, 'DELETED')
    await fleet.released(sessionId)
    const { data: devices } = await fleet.simulator.control('GET', `phones/${phone}/devices`)
    expect(devices).toEqual([expect.objectContaining({ status })])
  })

  test('a worker that was declared dead leaves everything at once', async () => {
    const worker = await fleet.startWorker()
    const other = await fleet.startWorker()
    const phone = newPhone()
    const sessionId = await fleet.linkSession(worker, phone)
    expect(await fleet.workers.fence(worker.id, 1)).toBe(true)
    await until('the worker noticed', () => worker.sessionCount === 0)
    await fleet.assign(sessionId, other)
    const sent = await fleet.accept(sessionId, CONTACT, `by the other ${phone}`)
    await fleet.untilMessage(sent.id, ['sent', 'delivered', 'read'])
  })

  test('a restart makes a new connection, without a QR', async () => {
    const worker = await fleet.startWorker()
    const phone = newPhone()
    const sessionId = await fleet.linkSession(worker, phone)
    await fleet.ring(worker.queueUrl, 'restart', sessionId)
    await until('a second connected event', async () => {
      const types = (await fleet.readEvents(sessionId)).map(({ type }) => type)
      return types.filter((type) => type === 'session.connected').length === 2
    })
    const sent = await fleet.accept(sessionId, CONTACT, `restarted ${phone}`)
    await fleet.untilMessage(sent.id, ['sent', 'delivered', 'read'])
  })
})
