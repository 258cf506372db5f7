import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, makeApi } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { type Platform, removeDataDir, startPlatform, temporaryDataDir } from '../support/platform.ts'
import { linkSession } from '../support/session.ts'
import { makeSimulator } from '../support/simulator.ts'
import { jpeg } from './files.ts'

/** 100 messages of many types to a group of 256, the worker killed in the middle of them. */
const PHONE = '+5511900000001'
const MEMBERS = Array.from({ length: 255 }, (_, index) => `+55119${String(10_000_000 + index)}`)
const MESSAGES = 100
const FRAMES_AT_KILL = 10
const dataDir = temporaryDataDir()
let platform: Platform
let api: Api
let simulator: ReturnType<typeof makeSimulator>

beforeAll(async () => {
  platform = await startPlatform({ dataDir })
  const admin = makeApi(platform.ready.apiUrl, platform.ready.adminKey)
  const tenant = await admin.post('/v1/tenants', { name: 'Group' })
  const { key } = await admin.post(`/v1/tenants/${tenant.id}/keys`, { name: 'e2e', mode: 'test', scopes: ['*'] })
  api = makeApi(platform.ready.apiUrl, key)
  simulator = makeSimulator(platform.ready.simulator.controlUrl, tenant.id)
})
afterAll(async () => {
  await platform?.stop()
  removeDataDir(dataDir)
})

it('none is lost, and none arrives twice under different ids', async () => {
  const sessionId = await linkSession(api, PHONE)
  const [creator = ''] = MEMBERS
  // No receipt may tell the successor that a frame arrived: what nobody acknowledged has to be repeated.
  for (const phone of MEMBERS) await simulator.call('POST', '/contacts', { phone, deliveryReceipts: false })
  const made = await simulator.call('POST', '/groups', {
    creator,
    subject: 'All',
    participants: [PHONE, ...MEMBERS.slice(1)],
  })
  expect(made.members).toHaveLength(256)
  const send = (body: Record<string, unknown>) => api.post('/v1/messages', { sessionId, to: made.jid, ...body })
  const inbox = async (phone: string): Promise<{ whatsappId: string; plaintextSha256: string }[]> =>
    (await simulator.call('GET', `/contacts/${phone}/inbox`)).data
  const first = await send({ type: 'text', text: { body: 'first' } })
  await eventually(
    'the sender key is with everybody',
    async () => (await inbox(creator)).some(({ whatsappId }) => whatsappId === first.whatsappId),
    120_000,
  )

  const image = jpeg(50_000)
  const media = await api.post('/v1/media', { mimetype: 'image/jpeg', sizeBytes: image.length })
  const { 'content-length': _length, ...headers } = media.upload.headers
  await fetch(media.upload.url, { method: 'PUT', headers, body: new Uint8Array(image) })
  const kinds = [
    (index: number) => ({ type: 'text', text: { body: `text ${index}` } }),
    (index: number) => ({ type: 'location', location: { latitude: index / 10, longitude: 1 } }),
    (index: number) => ({ type: 'contacts', contacts: [{ name: `Person ${index}`, phones: ['+5511977776666'] }] }),
    (index: number) => ({ type: 'poll', poll: { name: `Poll ${index}`, options: ['yes', 'no'] } }),
    () => ({ type: 'image', image: { mediaId: media.id } }),
  ]
  await simulator.faults({ kind: 'slowAcks', phone: PHONE, delayMs: 5_000, count: null })
  const accepted = await Promise.all(
    Array.from({ length: MESSAGES }, (_, index) => send(kinds[index % kinds.length]?.(index) ?? {})),
  )
  const ids = new Set(accepted.map(({ whatsappId }) => whatsappId))
  await eventually(
    'frames in flight',
    async () => {
      const frames = await simulator.wire('?limit=100000&tag=message')
      return frames.filter(({ id, direction }) => direction === 'in' && ids.has(id ?? '')).length >= FRAMES_AT_KILL
    },
    120_000,
  )
  const before = await api.get(`/v1/sessions/${sessionId}`)
  const worker = (await platform.processes()).find((item) => item.workerId === before.workerId)
  process.kill(worker?.pid ?? Number.NaN, 'SIGKILL')
  await simulator.call('DELETE', '/faults')
  const atKill = await Promise.all(accepted.map(async ({ id }) => (await api.get(`/v1/messages/${id}`)).status))
  const open = atKill.filter((status) => ['queued', 'sending'].includes(status)).length
  expect(open).toBeGreaterThanOrEqual(MESSAGES / 2)

  const members = [creator, MEMBERS.at(100) ?? '', MEMBERS.at(-1) ?? '']
  const inboxes = await eventually(
    'all at three of the members',
    async () => {
      const read = await Promise.all(members.map(inbox))
      const isThere = (items: { whatsappId: string }[]) =>
        accepted.every((one) => items.some((item) => item.whatsappId === one.whatsappId))
      return read.every(isThere) ? read : null
    },
    300_000,
  )
  for (const items of inboxes) {
    // Nothing but what was accepted, and each id is one content.
    expect(new Set(items.map(({ whatsappId }) => whatsappId)).size).toBe(MESSAGES + 1)
    expect(new Set(items.map(({ plaintextSha256 }) => plaintextSha256)).size).toBe(MESSAGES + 1)
  }
  await eventually(
    'every message is sent',
    async () => {
      const statuses = await Promise.all(accepted.map(async ({ id }) => (await api.get(`/v1/messages/${id}`)).status))
      return statuses.every((status) => ['sent', 'delivered', 'read'].includes(status))
    },
    120_000,
  )
  const repeats = inboxes.map((items) => items.length - (MESSAGES + 1))
  process.stdout.write(
    `group of 256: ${MESSAGES} messages, ${open} open at the SIGKILL, repeats under the same id per member: ${repeats.join(', ')}\n`,
  )
})
