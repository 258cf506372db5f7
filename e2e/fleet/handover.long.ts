import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EventType } from '../../shared/contract/event-types.ts'
import { type Api, makeApi } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { type Platform, removeDataDir, startPlatform, temporaryDataDir } from '../support/platform.ts'
import { linkSession } from '../support/session.ts'
import { makeSimulator } from '../support/simulator.ts'
import { inBatches } from './in-batches.ts'
import { CONTACT, startLoad } from './load.ts'
import { type SessionEvent, shown, silencesAfter } from './silences.ts'

/**
 * The show of the fleet: FLEET_WORKERS × FLEET_SESSIONS sessions, FLEET_RATE messages a second all the time. A new version
 * is deployed and rolled out, then two workers are killed with SIGKILL. Prints silence per session and losses.
 */
const setting = (name: string, otherwise: number): number => Number(process.env[name] || otherwise)
const WORKERS = setting('FLEET_WORKERS', 5)
const SESSIONS = setting('FLEET_SESSIONS', 40)
const RATE = setting('FLEET_RATE', 20)
const VICTIMS = 2
const START_DEADLINE_MS = 300_000
/** The first session of a worker waits for the worker. */
const LINK_DEADLINE_MS = 180_000
/** What a session that went through a hand-over or a kill must not have said. */
const RESCANS: readonly EventType[] = ['session.qr', 'session.linked', 'session.failed', 'session.loggedOut']
/** A QR lives for twenty seconds and the machine is small. */
const LINKED_AT_ONCE = 4
const READ_AT_ONCE = 8
const PATIENCE_MS = 600_000
const VERSION = '2.0.0-show'

const dataDir = temporaryDataDir()
let platform: Platform
let admin: Api
let api: Api
let tenantId: string
const sessionIds: string[] = []

beforeAll(async () => {
  platform = await startPlatform({
    dataDir,
    env: { FLEETLINE_LOCAL_WORKER_CAPACITY: String(SESSIONS) },
    readyDeadlineMs: START_DEADLINE_MS,
  })
  admin = makeApi(platform.ready.apiUrl, platform.ready.adminKey)
  // The show looks at 200 sessions as fast as it can: the rate of the standard plan refused its questions and messages.
  tenantId = (await admin.post('/v1/tenants', { name: 'Fleet', plan: 'enterprise' })).id
  const { key } = await admin.post(`/v1/tenants/${tenantId}/keys`, { name: 'show', mode: 'test', scopes: ['*'] })
  api = makeApi(platform.ready.apiUrl, key)
}, START_DEADLINE_MS)
afterAll(async () => {
  await platform?.stop()
  removeDataDir(dataDir)
})

const say = (text: string): void => console.log(`${new Date().toISOString().slice(11, 19)} ${text}`)

const placed = async (): Promise<{ id: string; workerId: string | null }[]> => {
  const all = []
  for (let cursor = ''; ; ) {
    const page = await admin.get(`/v1/admin/sessions?mode=test&limit=100${cursor}`)
    all.push(...page.data)
    if (!page.hasMore) return all.filter(({ tenantId: owner }: { tenantId: string }) => owner === tenantId)
    cursor = `&cursor=${page.nextCursor}`
  }
}

/** Where reading goes on, and what sessions have said about themselves up to there. */
const read = new Map<string, { sequence: number; events: SessionEvent[] }>()

/** What sessions said about themselves from `since` on. */
const eventsSince = async (since: number): Promise<Map<string, SessionEvent[]>> => {
  const all = new Map<string, SessionEvent[]>()
  await inBatches(sessionIds, READ_AT_ONCE, async (id) => {
    const known = read.get(id) ?? { sequence: 0, events: [] }
    read.set(id, known)
    for (let hasMore = true; hasMore; ) {
      const page = await api.get(`/v1/events?sessionId=${id}&afterSequence=${known.sequence}&limit=100`)
      hasMore = page.hasMore
      for (const { type, timestamp, sequence } of page.data as {
        type: EventType
        timestamp: string
        sequence: number
      }[]) {
        known.sequence = sequence
        if (!type.startsWith('session.')) continue
        const at = Date.parse(timestamp)
        // A comparison with NaN would let every check pass.
        if (Number.isNaN(at)) throw new Error('an event without a time')
        known.events.push({ type, at })
      }
    }
    all.set(
      id,
      known.events.filter(({ at }) => at >= since),
    )
  })
  return all
}

const everybodyConnected = (): Promise<boolean> =>
  inBatches(sessionIds, READ_AT_ONCE, async (id) => (await api.get(`/v1/sessions/${id}`)).status).then((states) =>
    states.every((status) => status === 'connected'),
  )

/** What the contact decrypted, by WhatsApp's id; its inbox is never de-duplicated. */
const timesArrived = async (): Promise<ReadonlyMap<string, number>> => {
  const simulator = makeSimulator(platform.ready.simulator.controlUrl, tenantId)
  const times = new Map<string, number>()
  for (let since = 0; ; ) {
    const { data } = await simulator.call('GET', `/contacts/${CONTACT}/inbox?since=${since}`)
    if (data.length === 0) return times
    for (const { whatsappId } of data) times.set(whatsappId, (times.get(whatsappId) ?? 0) + 1)
    since = data.at(-1).seq
  }
}

const memoryOfWorkers = async (): Promise<number[]> =>
  ((await admin.get('/v1/admin/workers')).data as { rssMb: number | null; status: string }[])
    .filter(({ status }) => status === 'ready')
    .map(({ rssMb }) => rssMb ?? 0)

it('a new version rolled out and two workers killed, under load: nothing lost, nobody scans again', async () => {
  const numbers = Array.from({ length: WORKERS * SESSIONS }, (_, index) => index)
  const linking = Date.now()
  await inBatches(numbers, LINKED_AT_ONCE, async (index) => {
    sessionIds.push(await linkSession(api, `+55119${String(10_000_000 + index)}`, `line ${index}`, LINK_DEADLINE_MS))
    if (sessionIds.length % 20 === 0) say(`${sessionIds.length} sessions linked`)
  })
  const linkedSeconds = Math.round((Date.now() - linking) / 1000)
  const before = new Set((await placed()).map(({ workerId }) => workerId))
  say(`${sessionIds.length} sessions on ${before.size} workers after ${linkedSeconds} s`)
  const memoryBeforeMb = await memoryOfWorkers()
  const load = startLoad(api, sessionIds, RATE)

  const rolledAt = Date.now()
  const deployed = await fetch(`${platform.ready.localUrl}/_local/version`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version: VERSION }),
  })
  expect(deployed.status).toBe(200)
  await admin.post('/v1/admin/rollouts', { mode: 'test', version: VERSION })
  const rollout = await eventually(
    'the rollout has ended',
    async () => {
      const { status, because } = await admin.get('/v1/admin/rollouts/test')
      if (status === 'running') throw new Error(because)
      return { status, because }
    },
    PATIENCE_MS,
    1_000,
  )
  expect(rollout.status).toBe('done')
  const rolloutSeconds = Math.round((Date.now() - rolledAt) / 1000)
  const hosts = await placed()
  expect(hosts.filter(({ workerId }) => before.has(workerId))).toEqual([])
  await eventually('everybody is connected after the rollout', everybodyConnected, PATIENCE_MS, 1_000)
  const rolled = silencesAfter(await eventsSince(rolledAt), 'session.moved')
  say(`rolled out in ${rolloutSeconds} s: ${JSON.stringify(shown(rolled))}`)

  const victims = [...new Set((await placed()).map(({ workerId }) => workerId!))].slice(0, VICTIMS)
  const hit = (await placed()).filter(({ workerId }) => victims.includes(workerId!)).map(({ id }) => id)
  const processes = (await platform.processes()).filter(({ workerId }) => workerId && victims.includes(workerId))
  expect(processes).toHaveLength(victims.length)
  const killedAt = Date.now()
  for (const { pid } of processes) process.kill(pid, 'SIGKILL')
  say(`killed ${victims.length} workers with ${hit.length} sessions, ${load.unsettled()} messages on the way`)
  await eventually(
    'the sessions of the killed workers are elsewhere',
    async () => (await placed()).every(({ workerId }) => workerId !== null && !victims.includes(workerId)),
    PATIENCE_MS,
    1_000,
  )
  // The row of a session says connected until its next owner has opened it: only the event tells.
  const connectedAfterKill = await eventually(
    'each of them has connected again',
    async () => {
      const events = await eventsSince(killedAt)
      const back = hit.map((id) => events.get(id)!.find(({ type }) => type === 'session.connected')?.at)
      return back.every((at) => at !== undefined) && back.map((at) => at! - killedAt)
    },
    PATIENCE_MS,
    2_000,
  )
  await eventually('everybody is connected after the kills', everybodyConnected, PATIENCE_MS, 1_000)
  say(`all connected again: ${JSON.stringify(shown(connectedAfterKill))}`)

  const { whatsappIds, refused, lost, latencies } = await load.stop(PATIENCE_MS)
  const arrived = await timesArrived()
  const never = whatsappIds.filter((id) => !arrived.has(id))
  const doubled = whatsappIds.filter((id) => arrived.get(id)! > 1)
  const rescans = [...(await eventsSince(rolledAt)).values()].flat().filter(({ type }) => RESCANS.includes(type))
  console.log(
    JSON.stringify({
      workers: before.size,
      sessions: sessionIds.length,
      messages: whatsappIds.length,
      refused,
      lost: lost.length,
      neverArrived: never.length,
      arrivedTwice: doubled.length,
      rescans: rescans.length,
      linkedSeconds,
      rolloutSeconds,
      silenceMs: { rollout: shown(rolled), killed: shown(connectedAfterKill) },
      killedSessions: hit.length,
      allConnectedAfterKillMs: Math.max(...connectedAfterKill),
      acceptToSentMs: shown(latencies),
      memoryMb: { before: memoryBeforeMb, after: await memoryOfWorkers() },
    }),
  )
  expect(lost).toEqual([])
  expect(never).toEqual([])
  expect(rescans).toEqual([])
  expect(before.size).toBeGreaterThanOrEqual(Math.min(2, WORKERS))
  expect(rolled).toHaveLength(sessionIds.length)
  expect(connectedAfterKill).toHaveLength(hit.length)
  expect(hit.length).toBeGreaterThan(0)
})
