import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, makeApi } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { type Platform, removeDataDir, startPlatform, temporaryDataDir } from '../support/platform.ts'
import { linkSession, waitForStatus } from '../support/session.ts'
import { makeSimulator } from '../support/simulator.ts'

const dataDir = temporaryDataDir()
let platform: Platform
let admin: Api
let api: Api
let tenantId: string

beforeAll(async () => {
  platform = await startPlatform({ dataDir })
  admin = makeApi(platform.ready.apiUrl, platform.ready.adminKey)
  tenantId = (await admin.post('/v1/tenants', { name: 'Suspended' })).id
  const key = await admin.post(`/v1/tenants/${tenantId}/keys`, { name: 'e2e', mode: 'test', scopes: ['*'] })
  api = makeApi(platform.ready.apiUrl, key.key)
})
afterAll(async () => {
  await platform?.stop()
  removeDataDir(dataDir)
})

it('a suspended tenant is disconnected; at the end of it the session connects without a QR and has what came meanwhile', async () => {
  const simulator = makeSimulator(platform.ready.simulator.controlUrl, tenantId)
  const phone = '+5511900000300'
  const contact = '+5511988880300'
  const sessionId = await linkSession(api, phone)
  const isPlaced = async () =>
    (await admin.get('/v1/admin/sessions?limit=100')).data.some(({ id }: { id: string }) => id === sessionId)
  expect(await isPlaced()).toBe(true)

  await admin.post(`/v1/tenants/${tenantId}/suspend`, { reason: 'unpaid' })
  await eventually('no worker has the session', async () => !(await isPlaced()), 60_000)
  await eventually(
    'the key is refused',
    async () => (await api.raw('GET', `/v1/sessions/${sessionId}`)).status === 403,
    60_000,
  )
  await simulator.call('POST', `/contacts/${contact}/send`, { to: phone, text: 'while suspended' })

  await admin.post(`/v1/tenants/${tenantId}/resume`, {})
  const session = await waitForStatus(api, sessionId, 'connected', 120_000)
  expect(session.phone).toBe(phone)
  const texts = async () =>
    (await api.get(`/v1/messages?sessionId=${sessionId}&direction=inbound`)).data.map(
      (message: { text: { body: string } }) => message.text.body,
    )
  await eventually('the message that waited', async () => (await texts()).includes('while suspended'), 60_000)
  const { data } = await api.get(`/v1/events?sessionId=${sessionId}&limit=100`)
  const linked = data.filter(({ type }: { type: string }) => type === 'session.linked')
  expect(linked).toHaveLength(1)
}, 300_000)
