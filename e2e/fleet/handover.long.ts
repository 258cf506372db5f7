import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, makeApi } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { type Platform, removeDataDir, startPlatform, temporaryDataDir } from '../support/platform.ts'
import { linkSession, readAllEvents } from '../support/session.ts'

/**
 * The show of the fleet: FLEET_WORKERS × FLEET_SESSIONS sessions, FLEET_RATE messages a second all the time; every worker
 * is replaced by drain, one after the other, then two are killed with SIGKILL. Prints silence per session and losses.
 */
const setting = (name: string, otherwise: number): number => Number(process.env[name] || otherwise)
const WORKERS = setting('FLEET_WORKERS', 5)
const SESSIONS = setting('FLEET_SESSIONS', 40)
const RATE = setting('FLEET_RATE', 20)
const CONTACT = '+5511988880001'
const SETTLED = ['sent', 'delivered', 'read']

const dataDir = temporaryDataDir()
let platform: Platform
let admin: Api
let api: Api
let tenantId: string
const sessionIds: string[] = []

beforeAll(async () => {
  platform = await startPlatform({ dataDir, env: { FLEETLINE_LOCAL_WORKER_CAPACITY: String(SESSIONS) } })
  admin = makeApi(platform.ready.apiUrl, platform.ready.adminKey)
  tenantId = (await admin.post('/v1/tenants', { name: 'Fleet' })).id
  const { key } = await admin.post(`/v1/tenants/${tenantId}/keys`, { name: 'show', mode: 'test', scopes: ['*'] })
  api = makeApi(platform.ready.apiUrl, key)
})
afterAll(async () => {
  await platform?.stop()
  removeDataDir(dataDir)
})

/** @throws instead of comparing with NaN, which would let every check pass */
const timeOf = ({ timestamp }: { timestamp: string }): number => {
  const time = Date.parse(timestamp)
  if (Number.isNaN(time)) throw new Error('an event without a time')
  return time
}
const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0

const placed = async (): Promise<{ id: string; workerId: string | null }[]> => {
  const all = []
  for (let cursor = ''; ; ) {
    const page = await admin.get(`/v1/admin/sessions?mode=test${cursor}`)
    all.push(...page.data)
    if (!page.hasMore) return all.filter(({ tenantId: owner }: { tenantId: string }) => owner === tenantId)
    cursor = `&cursor=${page.nextCursor}`
  }
}

/** Sends until it is told to stop. Refusals are counted: they are no promise that could be broken. */
const startLoad = () => {
  const messages: string[] = []
  let refused = 0
  let count = 0
  const sending = new Set<Promise<void>>()
  const timer = setInterval(() => {
    const sessionId = sessionIds[count++ % sessionIds.length]
    const send = api
      .post('/v1/messages', { sessionId, to: CONTACT, type: 'text', text: { body: `message ${count}` } })
      .then(({ id }) => void messages.push(id))
      .catch(() => void refused++)
    sending.add(send)
    void send.finally(() => sending.delete(send))
  }, 1000 / RATE)
  return {
    stop: async () => {
      clearInterval(timer)
      await Promise.all(sending)
      return { messages, refused }
    },
  }
}

/** From `since` on: milliseconds from leaving (the event, or the kill) to the next connection, of each session. */
const silences = async (since: number, left: (events: readonly { type: string; at: number }[]) => number | null) => {
  const gaps: number[] = []
  for (const id of sessionIds) {
    const events = (await readAllEvents(api, id))
      .filter(({ type }) => type.startsWith('session.'))
      .map((event) => ({ type: event.type as string, at: timeOf(event) }))
      .filter(({ at }) => at >= since)
    const from = left(events)
    const back = from === null ? undefined : events.find(({ type, at }) => type === 'session.connected' && at >= from)
    if (from !== null && back) gaps.push(back.at - from)
  }
  return gaps
}
const shown = (gaps: readonly number[]) => ({
  sessions: gaps.length,
  p50: percentile(gaps, 0.5),
  p99: percentile(gaps, 0.99),
})

it('every worker replaced by drain and two killed, under load: nothing lost, nobody scans again', async () => {
  for (let index = 0; index < WORKERS * SESSIONS; index++)
    sessionIds.push(await linkSession(api, `+55119${String(10_000_000 + index)}`, `line ${index}`))
  const before = [...new Set((await placed()).map(({ workerId }) => workerId!))]
  const load = startLoad()

  const drainedAt = Date.now()
  for (const workerId of before) {
    await admin.post(`/v1/admin/workers/${workerId}/drain`, {})
    await eventually(
      `everybody of ${workerId} is elsewhere`,
      async () => (await placed()).every((session) => session.workerId !== null && session.workerId !== workerId),
      300_000,
    )
  }
  const allConnected = async () => {
    const states = await Promise.all(sessionIds.map(async (id) => (await api.get(`/v1/sessions/${id}`)).status))
    return states.every((status) => status === 'connected')
  }
  await eventually('all connected after the drains', allConnected, 300_000)
  const drained = await silences(drainedAt, (events) => events.find(({ type }) => type === 'session.moved')?.at ?? null)

  const hosts = await placed()
  const victims = [...new Set(hosts.map(({ workerId }) => workerId!))].slice(0, 2)
  const hit = new Set(hosts.filter(({ workerId }) => victims.includes(workerId!)).map(({ id }) => id))
  const killedAt = Date.now()
  for (const { pid, workerId } of await platform.processes())
    if (workerId && victims.includes(workerId)) process.kill(pid, 'SIGKILL')
  await eventually(
    'the killed ones are elsewhere',
    async () => (await placed()).every(({ workerId }) => workerId !== null && !victims.includes(workerId)),
    300_000,
  )
  await eventually('all connected after the kills', allConnected, 300_000)
  const connectedAfterMs = Date.now() - killedAt
  const killed = await silences(killedAt, (events) => (events.length > 0 ? killedAt : null))

  const { messages, refused } = await load.stop()
  const statusOf = async (id: string): Promise<string> => (await api.get(`/v1/messages/${id}`)).status
  const unsettled = async () =>
    (await Promise.all(messages.map(statusOf))).filter((status) => !SETTLED.includes(status))
  await eventually('every message is settled', async () => (await unsettled()).length === 0, 300_000)
  const lost = (await unsettled()).length
  const rescans = (await Promise.all(sessionIds.map((id) => readAllEvents(api, id))))
    .flatMap((events) => events.filter((event) => timeOf(event) >= drainedAt))
    .filter(({ type }) => ['session.qr', 'session.linked', 'session.failed'].includes(type)).length
  console.log(
    JSON.stringify({
      workers: before.length,
      sessions: sessionIds.length,
      messages: messages.length,
      refused,
      lost,
      rescans,
      silenceMs: { drained: shown(drained), killed: shown(killed) },
      killedSessions: hit.size,
      allConnectedAfterKillMs: connectedAfterMs,
    }),
  )
  expect(lost).toBe(0)
  expect(rescans).toBe(0)
  expect(before.length).toBeGreaterThanOrEqual(Math.min(2, WORKERS))
  expect(drained.length).toBeGreaterThan(0)
  expect(killed.length).toBeGreaterThan(0)
})
