import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, makeApi } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { isAlive, type Platform, removeDataDir, startPlatform, temporaryDataDir } from '../support/platform.ts'
import { linkSession, readAllEvents, waitForStatus } from '../support/session.ts'
import { makeSimulator } from '../support/simulator.ts'
import { startWebhookReceiver } from '../support/webhook-receiver.ts'

/** Processes die at the worst moment; nothing is lost, nothing is sent twice under another id, nobody scans again. */
const dataDir = temporaryDataDir()
const CONTACTS = ['+5511988880001', '+5511988880002', '+5511988880003', '+5511988880004', '+5511988880005']
const MESSAGES = 200
const OPEN_AT_KILL = 50
const FRAMES_AT_KILL = 16

let platform: Platform
let api: Api
let key: string
let tenantId: string
let receiver: Awaited<ReturnType<typeof startWebhookReceiver>>

const connect = () => {
  api = makeApi(platform.ready.apiUrl, key)
  return makeSimulator(platform.ready.simulator.controlUrl, tenantId)
}

beforeAll(async () => {
  platform = await startPlatform({ dataDir })
  receiver = await startWebhookReceiver()
  const admin = makeApi(platform.ready.apiUrl, platform.ready.adminKey)
  tenantId = (await admin.post('/v1/tenants', { name: 'Kill' })).id
  key = (await admin.post(`/v1/tenants/${tenantId}/keys`, { name: 'e2e', mode: 'test', scopes: ['*'] })).key
  connect()
  const endpoint = await api.post('/v1/webhook-endpoints', { url: receiver.url, events: ['*', 'session.qr'] })
  receiver.useSecret(endpoint.secret)
})
afterAll(async () => {
  await platform?.stop()
  await receiver?.stop()
  removeDataDir(dataDir)
})

describe('a worker can be killed at any moment', () => {
  it('SIGKILL with at least 50 of 200 messages open: all arrive, repeats carry the same id and bytes, every event has a webhook', async () => {
    const simulator = connect()
    const sessionId = await linkSession(api, '+5511900000100')
    // The contacts are known before: at the kill frames have left that nobody acknowledged, and they have to be repeated.
    for (const to of CONTACTS) {
      const warm = await api.post('/v1/messages', { sessionId, to, type: 'text', text: { body: 'before' } })
      await eventually('delivered', async () => (await api.get(`/v1/messages/${warm.id}`)).status === 'delivered')
    }
    // Late acks, and phones that are away (no receipts): what has left stays in flight, the rest is queued.
    await simulator.faults({ kind: 'slowAcks', phone: '+5511900000100', delayMs: 5_000, count: null })
    for (const to of CONTACTS) await simulator.call('POST', `/phones/${to}/offline`)
    const texts = Array.from({ length: MESSAGES }, (_, i) => `${i} ${randomUUID()}`)
    const accepted = await Promise.all(
      texts.map((body, i) =>
        api.post('/v1/messages', { sessionId, to: CONTACTS[i % CONTACTS.length], type: 'text', text: { body } }),
      ),
    )
    const sentIds = new Set(accepted.map((message) => message.whatsappId))
    const framesSent = async () =>
      (await simulator.wire('?limit=100000')).filter(
        (item) => item.direction === 'in' && item.tag === 'message' && sentIds.has(item.id!),
      )
    const inFlight = await eventually('frames in flight', async () => {
      const count = (await framesSent()).length
      return count >= FRAMES_AT_KILL ? count : null
    })
    const before = await api.get(`/v1/sessions/${sessionId}`)
    const worker = (await platform.processes()).find((item) => item.workerId === before.workerId)!
    process.kill(worker.pid, 'SIGKILL')
    const killedAt = Date.now()
    await simulator.call('DELETE', '/faults')
    const statuses = await Promise.all(
      accepted.map(async (message) => (await api.get(`/v1/messages/${message.id}`)).status),
    )
    const open = statuses.filter((status) => status === 'queued' || status === 'sending').length
    console.log(`at the kill: ${open} of ${MESSAGES} messages open, ${inFlight} frames sent`)
    expect(open).toBeGreaterThanOrEqual(OPEN_AT_KILL)

    await eventually(
      'another worker',
      async () => {
        const session = await api.get(`/v1/sessions/${sessionId}`)
        return session.status === 'connected' && session.workerId && session.workerId !== before.workerId
      },
      90_000,
    )
    console.log(`connected again after ${((Date.now() - killedAt) / 1000).toFixed(1)} s`)

    // The contacts stay away until everything has left: no receipt may save the successor a repetition.
    await eventually('repeated frames', async () => (await framesSent()).length >= MESSAGES + FRAMES_AT_KILL, 60_000)
    for (const to of CONTACTS) await simulator.call('POST', `/phones/${to}/online`)
    const arrived = await eventually(
      'all messages at the contacts',
      async () => {
        const inboxes = await Promise.all(CONTACTS.map((phone) => simulator.inbox(phone)))
        const items = inboxes.flat()
        const seen = new Set(items.map((item) => item.whatsappId))
        return accepted.every((message) => seen.has(message.whatsappId)) ? items : null
      },
      90_000,
    )
    for (const [i, message] of accepted.entries()) {
      const copies = arrived.filter((item) => item.whatsappId === message.whatsappId)
      expect(copies.length).toBeGreaterThanOrEqual(1)
      expect(new Set(copies.map((item) => item.text))).toEqual(new Set([texts[i]]))
    }
    const frames = await framesSent()
    // The contact's copy and the copy for our own phone differ; each must be the same in every frame of a message.
    const plaintexts = new Map<string, Set<string>>()
    for (const frame of frames)
      for (const { jid, plaintextSha256 } of frame.recipients ?? []) {
        const copy = `${frame.id} to ${jid}`
        if (plaintextSha256) plaintexts.set(copy, (plaintexts.get(copy) ?? new Set()).add(plaintextSha256))
      }
    expect(new Set([...plaintexts.keys()].map((copy) => copy.split(' ')[0])).size).toBe(MESSAGES)
    for (const [copy, hashes] of plaintexts) expect([copy, hashes.size]).toEqual([copy, 1])
    console.log(`frames: ${frames.length} for ${MESSAGES} messages, ${frames.length - MESSAGES} repeated`)
    expect(frames.length).toBeGreaterThan(MESSAGES)
    expect(await simulator.violations()).toEqual([])

    await eventually(
      'every message settled',
      async () => {
        const { data } = await api.get(`/v1/messages?sessionId=${sessionId}&status=queued&limit=100`)
        const sending = await api.get(`/v1/messages?sessionId=${sessionId}&status=sending&limit=100`)
        return data.length + sending.data.length === 0
      },
      60_000,
    )
    await eventually(
      'a webhook for every event',
      async () => {
        const events = await readAllEvents(api, sessionId)
        const ids = new Set(receiver.received.map((item) => item.id))
        return events.length > MESSAGES && events.every((event) => ids.has(event.id))
      },
      60_000,
    )
    expect(receiver.received.every((item) => item.verified)).toBe(true)
    const sequences = (await readAllEvents(api, sessionId)).map((event) => event.sequence)
    expect(sequences).toEqual(sequences.map((_, index) => index + 1))
    expect(await simulator.devices('+5511900000100')).toHaveLength(1)
  })

  it('SIGKILL of everything: the next start resumes the session without a QR and sends what waited', async () => {
    const first = connect()
    const sessionId = await linkSession(api, '+5511900000101')
    const pids = [...(await platform.processes()).map((item) => item.pid), platform.pid]
    const texts = Array.from({ length: 20 }, () => `waited ${randomUUID()}`)
    const accepted = await Promise.all(
      texts.map((body) => api.post('/v1/messages', { sessionId, to: CONTACTS[0], type: 'text', text: { body } })),
    )
    for (const pid of new Set(pids)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
    await eventually('all processes gone', async () => pids.every((pid) => !isAlive(pid)), 10_000)
    expect(first).toBeTruthy()

    platform = await startPlatform({ dataDir })
    const simulator = connect()
    await waitForStatus(api, sessionId, 'connected', 90_000)
    await eventually(
      'the waiting messages',
      async () => {
        const seen = new Set((await simulator.inbox(CONTACTS[0]!)).map((item) => item.whatsappId))
        return accepted.every((message) => seen.has(message.whatsappId))
      },
      90_000,
    )
    expect(await simulator.devices('+5511900000101')).toHaveLength(1)
    expect((await api.raw('GET', `/v1/sessions/${sessionId}/qr`)).status).toBe(409)
  })

  it('SIGKILL of npm start alone leaves no orphan process', async () => {
    const pids = (await platform.processes()).map((item) => item.pid)
    expect(pids.length).toBeGreaterThan(2)
    await platform.kill()
    await eventually('all children gone', async () => pids.every((pid) => !isAlive(pid)), 10_000)
    platform = await startPlatform({ dataDir })
    connect()
  })
})
