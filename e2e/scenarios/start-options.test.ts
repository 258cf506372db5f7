import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeApi } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { type Platform, removeDataDir, startPlatform, temporaryDataDir } from '../support/platform.ts'
import { linkSession } from '../support/session.ts'
import { makeSimulator } from '../support/simulator.ts'

const dataDir = temporaryDataDir()
let platform: Platform | undefined
afterAll(async () => {
  await platform?.stop()
  removeDataDir(dataDir)
})

/** `npm run simulator` on its own. */
const startSecondSimulator = async () => {
  const child = spawn(process.execPath, ['simulator/main.ts', '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const { controlUrl, socketUrl, trustRootHex } = JSON.parse(line)
  const stop = async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  return { controlUrl, socketUrl, trustRootHex, stop }
}

describe('npm start -- --live with FLEETLINE_WA_URL, FLEETLINE_WA_TRUST_ROOT and FLEETLINE_WA_CONTROL_URL', () => {
  let simulator: Awaited<ReturnType<typeof startSecondSimulator>>
  beforeAll(async () => {
    simulator = await startSecondSimulator()
    platform = await startPlatform({
      dataDir,
      args: ['--live'],
      env: {
        FLEETLINE_WA_URL: simulator.socketUrl,
        FLEETLINE_WA_TRUST_ROOT: simulator.trustRootHex,
        FLEETLINE_WA_CONTROL_URL: simulator.controlUrl,
      },
    })
  })
  afterAll(() => simulator?.stop())

  it('starts no simulator of its own; test sessions link and send through the other one', async () => {
    const { ready, processes } = platform!
    const { stop: _, ...urls } = simulator
    expect(ready.simulator).toEqual(urls)
    expect((await processes()).map((process) => process.kind)).not.toContain('simulator')
    const tenant = await makeApi(ready.apiUrl, ready.adminKey).post('/v1/tenants', { name: 'Second simulator' })
    const { key } = await makeApi(ready.apiUrl, ready.adminKey).post(`/v1/tenants/${tenant.id}/keys`, {
      name: 'e2e',
      mode: 'test',
      scopes: ['*'],
    })
    const api = makeApi(ready.apiUrl, key)
    const sessionId = await linkSession(api, '+5511900000077')
    const body = `nonce ${randomUUID()}`
    await api.post('/v1/messages', { sessionId, to: '+5511988887777', type: 'text', text: { body } })
    await eventually('the text', async () =>
      (await makeSimulator(simulator.controlUrl, tenant.id).inbox('+5511988887777')).some((item) => item.text === body),
    )
  })

  it('lets a live key in', async () => {
    const { ready } = platform!
    expect((await makeApi(ready.apiUrl, ready.liveKey).raw('GET', '/v1/sessions')).status).toBe(200)
  })
})

describe('npm start -- --fresh on the same data directory', () => {
  let before: Platform['ready']
  beforeAll(async () => {
    before = platform!.ready
    await platform!.stop()
    platform = await startPlatform({ dataDir, args: ['--fresh'] })
  })

  it('has forgotten tenants and keys', async () => {
    const { ready } = platform!
    expect((await makeApi(ready.apiUrl, before.testKey).raw('GET', '/v1/sessions')).status).toBe(401)
    expect((await makeApi(ready.apiUrl, before.adminKey).raw('POST', '/v1/tenants', { name: 'x' })).status).toBe(401)
    expect((await makeApi(ready.apiUrl, ready.testKey).get('/v1/sessions')).data).toEqual([])
  })

  it('without --live a live key gets 503 live_mode_disabled', async () => {
    const { ready } = platform!
    const answer = await makeApi(ready.apiUrl, ready.liveKey).raw('GET', '/v1/sessions')
    expect([answer.status, answer.body.code]).toEqual([503, 'live_mode_disabled'])
  })
})
