import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, makeApi } from '../support/api.ts'
import { schemaProblems } from '../support/event-schemas.ts'
import { eventually } from '../support/eventually.ts'
import { type Platform, removeDataDir, startPlatform, temporaryDataDir } from '../support/platform.ts'
import { linkSession, readAllEvents, waitForStatus } from '../support/session.ts'
import { startWebhookReceiver } from '../support/webhook-receiver.ts'

/** Real processes: the client of a stream is killed, then everything that serves it. */
const dataDir = temporaryDataDir()
const FROM = '+5511988880011'
const BATCH = 12

interface Seen {
  readonly id: string | null
  readonly event: { readonly id: string; readonly type: string; readonly sequence: number | null }
}
let platform: Platform
let api: Api
let key: string
let sessionId: string
let said = 0
const clients: { kill(): void }[] = []

beforeAll(async () => {
  platform = await startPlatform({ dataDir })
  const admin = makeApi(platform.ready.apiUrl, platform.ready.adminKey)
  const tenantId = (await admin.post('/v1/tenants', { name: 'Streams' })).id
  key = (await admin.post(`/v1/tenants/${tenantId}/keys`, { name: 'e2e', mode: 'test', scopes: ['*'] })).key
  api = makeApi(platform.ready.apiUrl, key)
  sessionId = await linkSession(api, '+5511900000200')
})
afterAll(async () => {
  for (const client of clients) client.kill()
  await platform?.stop()
  removeDataDir(dataDir)
})

const startClient = async (path: string, lastId: string | null, seen: Seen[]) => {
  const child = spawn(
    process.execPath,
    ['e2e/support/stream-client.ts', `${platform.ready.apiUrl}${path}`, key, ...(lastId === null ? [] : [lastId])],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const client = { kill: () => void child.kill('SIGKILL'), gone: new Promise((resolve) => child.once('exit', resolve)) }
  clients.push(client)
  let isOpen = false
  createInterface({ input: child.stdout }).on('line', (line) => {
    const got = JSON.parse(line)
    if (got.open) isOpen = true
    else seen.push(got)
  })
  await eventually('an open stream', async () => isOpen)
  return client
}

const receive = async (count: number) => {
  for (let i = 0; i < count; i++)
    await api.post(`/v1/test/sessions/${sessionId}/receive`, { from: FROM, text: `message ${++said}` })
}
const lastIdOf = (seen: readonly Seen[]) => seen.findLast(({ id }) => id !== null)!.id
const texts = (seen: readonly Seen[]) =>
  seen
    .filter(({ event }) => event.type === 'message.received')
    .map(({ event }) => (event as unknown as { data: { message: { text: { body: string } } } }).data.message.text.body)
const everyText = () => Array.from({ length: said }, (_, i) => `message ${i + 1}`)

describe('a stream that breaks at the worst moment', () => {
  it('client killed, then npm start killed: after resume no event is missed and none comes twice', async () => {
    const ofSession: Seen[] = []
    const ofTenant: Seen[] = []
    const follow = async (first = false) =>
      Promise.all([
        startClient(`/v1/sessions/${sessionId}/stream`, first ? '0' : lastIdOf(ofSession), ofSession),
        startClient('/v1/stream', first ? null : lastIdOf(ofTenant), ofTenant),
      ])
    const killAll = async (running: Awaited<ReturnType<typeof follow>>) => {
      for (const client of running) client.kill()
      await Promise.all(running.map(({ gone }) => gone))
    }
    let running = await follow(true)
    const talking = receive(BATCH)
    await eventually('some of them', async () => texts(ofSession).length >= 3 && texts(ofTenant).length >= 3)
    await killAll(running)
    await talking
    await receive(BATCH)
    running = await follow()
    const more = receive(BATCH)
    await eventually('more of them', async () => texts(ofSession).length > BATCH && texts(ofTenant).length > BATCH)
    await more
    await platform.kill()
    await Promise.all(running.map(({ gone }) => gone))
    platform = await startPlatform({ dataDir })
    api = makeApi(platform.ready.apiUrl, key)
    running = await follow()
    await waitForStatus(api, sessionId, 'connected', 120_000)
    await receive(BATCH)
    await eventually(
      'all of them',
      async () => texts(ofSession).length >= said && texts(ofTenant).length >= said,
      60_000,
    )
    await killAll(running)
    // What waited for the worker and what came live may reach the log interleaved; each is there once.
    expect(texts(ofSession).sort()).toEqual(everyText().sort())
    expect(texts(ofTenant).sort()).toEqual(everyText().sort())
    const log = await readAllEvents(api, sessionId)
    const sequences = ofSession.filter(({ id }) => id !== null).map(({ event }) => event.sequence)
    expect(sequences).toEqual(log.slice(0, sequences.length).map((event) => event.sequence))
    // Each event of the tenant's stream has an id of its own.
    expect(ofTenant.every(({ id }) => id !== null)).toBe(true)
    expect(new Set(ofTenant.map(({ id }) => id)).size).toBe(ofTenant.length)
    expect(
      schemaProblems([...log, ...ofSession.map(({ event }) => event), ...ofTenant.map(({ event }) => event)]),
    ).toEqual([])
  })

  it('a replay of what an endpoint missed brings every event of before it was there, once, as documented', async () => {
    const receiver = await startWebhookReceiver()
    const before = await readAllEvents(api, sessionId)
    const since = before[0].timestamp
    const endpoint = await api.post('/v1/webhook-endpoints', { url: receiver.url, events: ['message.*'] })
    receiver.useSecret(endpoint.secret)
    const replay = await api.post(`/v1/webhook-endpoints/${endpoint.id}/replays`, { since, select: 'missed' })
    const wanted = before.filter((event) => event.type.startsWith('message.')).map((event) => event.id)
    const done = await eventually(
      'the replay',
      async () => {
        const now = await api.get(`/v1/webhook-endpoints/${endpoint.id}/replays/${replay.id}`)
        return now.status === 'completed' ? now : null
      },
      120_000,
    )
    // What the kill left without fan-out is delivered by itself; the replay brings the rest.
    expect(done.enqueued).toBeGreaterThan(BATCH)
    await eventually(
      'their deliveries',
      async () => new Set(receiver.received.map(({ id }) => id)).size >= wanted.length,
      60_000,
    )
    expect(receiver.received.map(({ id }) => id).sort()).toEqual([...wanted].sort())
    expect(receiver.received.every(({ verified }) => verified)).toBe(true)
    expect(schemaProblems(receiver.received.map(({ event }) => event))).toEqual([])
    await receiver.stop()
  })
})
